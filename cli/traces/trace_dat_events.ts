// SPDX-License-Identifier: MIT
/**
 * The events that a trace.dat has: those of the kernel, and the one that shows
 * texts.
 *
 * @module
 */
import {
  type EventFormat,
  parseEventFormat,
} from "../../ring/events/event_format.ts";
import { ABI } from "../../ring/layout.ts";
import {
  type PacketClass,
  signatureOf,
} from "../../ring/ctf/packet_classes.ts";
import { formatText } from "./event_format_source.ts";
import { toolPrintText } from "./print_fmt_source.ts";
import type { EventText } from "./trace_dat_head.ts";

/** The id that Linux gives to texts of trace_marker and trace_printk. */
const PRINT_ID = 5;
/** Where the text begins, behind the common fields and an address. */
export const PRINT_TEXT_OFFSET = 16;

/** The common fields of Linux on 64-bit machines. */
const COMMON =
  `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`;
const PRINT: EventFormat = parseEventFormat(`system: ftrace
name: print
ID: ${PRINT_ID}
format:
${COMMON}
	field:unsigned long ip;	offset:8;	size:8;	signed:0;
	field:char buf[];	offset:${PRINT_TEXT_OFFSET};	size:0;	signed:0;

print fmt: "%s", REC->buf
`);
const FUNCTION: EventFormat = parseEventFormat(`system: ftrace
name: function
ID: 1
format:
${COMMON}
	field:unsigned long ip;	offset:8;	size:8;	signed:0;
	field:unsigned long parent_ip;	offset:16;	size:8;	signed:0;

print fmt: ""
`);

const STACK: EventFormat = parseEventFormat(`system: ftrace
name: kernel_stack
ID: 4
format:
${COMMON}
	field:unsigned int size;	offset:8;	size:4;	signed:0;
	field:unsigned long caller[];	offset:16;	size:0;	signed:0;

print fmt: ""
`);

/**
 * Returns what two formats have in common if they are the same to a tool,
 * whatever their ids are.
 */
function layoutOf({ system, name, common, fields }: EventFormat): string {
  return JSON.stringify([system, name, common, fields]);
}

/** The layouts of ftrace's own events that tools expect. */
const PRINT_LAYOUT = layoutOf(PRINT);
const KNOWN_LAYOUTS: ReadonlySet<string> = new Set(
  [PRINT, FUNCTION, STACK].map(layoutOf),
);

/**
 * The system of events that tools know by name, and of which they expect a
 * certain layout. A tool ends if a guest describes another layout. Therefore
 * only events with the expected layout keep this system.
 */
const KNOWN = "ftrace";
const OTHERS = "ftrace_other";

/** The events of a file, and their ids in it. */
export class TraceDatEvents {
  /** The id of the event that shows texts. */
  readonly printId: number;
  /** The formats that go into the head of the file. */
  readonly texts: readonly EventText[];
  readonly #ids = new Map<PacketClass, number>();

  /** @param classes The classes of the recorded trace. */
  constructor(classes: readonly PacketClass[]) {
    const texts: EventText[] = [];
    const byFormat = new Map<string, number>();
    let taken = false;
    for (const known of classes) {
      const { format, id } = known;
      const isPrint = format.id === PRINT_ID &&
        layoutOf(format) === PRINT_LAYOUT;
      // If the same event lies in packets in two ways, it is one event here.
      const key = isPrint ? PRINT_LAYOUT : signatureOf(format);
      const same = isPrint ? PRINT_ID : byFormat.get(key);
      this.#ids.set(known, same ?? id);
      if (same !== undefined) continue;
      byFormat.set(key, id);
      taken ||= id === PRINT_ID;
      texts.push(textOf(format, id));
    }
    this.printId = taken ? ABI.ID_MESSAGE : PRINT_ID;
    texts.push(textOf(PRINT, this.printId));
    this.texts = texts;
  }

  /** Returns the id that a class's records have in the file. */
  idOf(known: PacketClass): number {
    return this.#ids.get(known)!;
  }
}

function textOf(format: EventFormat, id: number): EventText {
  const isKnown = KNOWN_LAYOUTS.has(layoutOf(format));
  const { system: own } = format;
  const system = own === KNOWN && !isKnown ? OTHERS : own;
  return { system, text: formatText(format, id, toolPrintText(format), true) };
}
