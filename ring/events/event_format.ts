// SPDX-License-Identifier: MIT
/**
 * Parses the text of a tracefs `format` file, strictly because it comes from
 * the guest.
 *
 *     system: sched
 *     name: sched_switch
 *     ID: 316
 *     format:
 *     	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
 *     	...
 *
 *     	field:pid_t prev_pid;	offset:24;	size:4;	signed:1;
 *     	...
 *
 *     print fmt: "prev_pid=%d ...", REC->prev_pid, ...
 *
 * @module
 */
import { RingCorruptError } from "../errors.ts";
import { type EventField, isDynamic, parseField } from "./event_field.ts";
import { type StackFields, stackFieldsOf } from "./kernel_stack.ts";
import { ABI } from "../layout.ts";
import { parsePrintFormat, type PrintFormat } from "./print_format.ts";

/** How to read the records of one kernel event. */
export interface EventFormat {
  /** The `ivring_record.id` of its records: 1 to `ABI.ID_KERNEL_MAX`. */
  readonly id: number;
  /** Its subsystem: letters, digits, `_` and `-`; at most 64. */
  readonly system: string;
  /** Its name: letters, digits and `_`; at most 64. Some begin with a digit. */
  readonly name: string;
  /** Fields that every event has: type, flags, preempt count, pid. */
  readonly common: readonly EventField[];
  /** The event's own fields, by rising offset; at most 128. */
  readonly fields: readonly EventField[];
  /** The ones of `fields` that say where in the payload their bytes are. */
  readonly dynamic: readonly EventField[];
  /** The fields of a stack, if the event is one; else null. */
  readonly stack: StackFields | null;
  /** Where the part of fixed size ends, in bytes; no payload is shorter. */
  readonly fixedBytes: number;
  /** What the guest says behind "print fmt: ". */
  readonly printSource: string;
  /** How the kernel prints it; null if nothing of that can be used. */
  readonly print: PrintFormat | null;
}

const FIELDS_MAX = 128;
const PRINT = "print fmt: ";

/** The fields of `struct trace_entry`: name, offset, bytes. */
const COMMON: readonly (readonly [string, number, number])[] = [
  ["common_type", 0, 2],
  ["common_flags", 2, 1],
  ["common_preempt_count", 3, 1],
  ["common_pid", 4, 4],
];

/** Reads lines, and reports the one that is wrong. */
class Lines {
  readonly #lines: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#lines = text.split("\n");
  }

  /** Takes the next line, which must match. @returns Its first group. */
  take(what: string, pattern: RegExp): string {
    const line = this.#lines[this.#next++] ?? "";
    const match = pattern.exec(line);
    if (match === null) {
      const place = `format line ${this.#next}`;
      throw new RingCorruptError(place, JSON.stringify(line), what);
    }
    return match[1] ?? "";
  }

  /** Takes fields up to an empty line. */
  fields(): EventField[] {
    const fields: EventField[] = [];
    for (; this.#lines[this.#next]; this.#next++) {
      fields.push(parseField(this.#lines[this.#next]));
      if (fields.length > FIELDS_MAX) {
        throw new RingCorruptError("fields", fields.length, FIELDS_MAX);
      }
    }
    this.take("an empty line", /^$/);
    return fields;
  }

  /** Returns all the lines that are left. */
  rest(): string {
    return this.#lines.slice(this.#next).join("\n");
  }
}

// A text that begins with a byte order mark is not one of the kernel's.
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Parses a text as the guest publishes it: "system: NAME", then the kernel's
 * own format text.
 *
 * @throws {RingCorruptError} naming the line, or the field, that is not as the
 * kernel writes it.
 */
export function parseEventFormat(source: string | Uint8Array): EventFormat {
  if (source.length > ABI.META_TEXT_BYTES_MAX) {
    throw new RingCorruptError(
      "format",
      `${source.length} bytes`,
      `at most ${ABI.META_TEXT_BYTES_MAX}`,
    );
  }
  const lines = new Lines(
    typeof source === "string" ? source : DECODER.decode(source),
  );
  const system = lines.take("system: NAME", /^system: (\w[\w-]{0,63})$/);
  const name = lines.take("name: NAME", /^name: (\w{1,64})$/);
  const id = Number(lines.take("ID: NUMBER", /^ID: (\d{1,5})$/));
  if (id < 1 || id > ABI.ID_KERNEL_MAX) {
    throw new RingCorruptError("ID", id, `1 to ${ABI.ID_KERNEL_MAX}`);
  }
  lines.take("format:", /^format:$/);
  const common = lines.fields();
  checkCommon(common);
  const described = named(withoutEmpty(lines.fields()));
  const stack = stackFieldsOf(system, name, described);
  const fields = stack === null ? described : [stack.size, stack.caller];
  const fixedBytes = checkPlaces([...common, ...fields]);
  const print = lines.rest();
  if (!print.startsWith(PRINT)) {
    throw new RingCorruptError("format", JSON.stringify(print), PRINT);
  }
  const printSource = print.slice(PRINT.length).trim();
  let parsed: PrintFormat | null | undefined;
  return {
    id,
    system,
    name,
    common,
    fields,
    dynamic: fields.filter(isDynamic),
    stack,
    fixedBytes,
    printSource,
    get print() {
      // It is parsed when it is first wanted, because that takes ten times as
      // long as all the rest.
      // A stack is not printed by the rule in its format, which has but eight
      // addresses.
      const source = stack === null ? printSource : '""';
      if (parsed === undefined) parsed = parsePrintFormat(source, fields);
      return parsed;
    },
  };
}

/**
 * Checks that the common fields are in their usual places, because they are
 * decoded without looking at the format.
 */
function checkCommon(common: readonly EventField[]): void {
  COMMON.forEach(([name, offset, bytes], i) => {
    const found = common[i];
    const right = found !== undefined && found.name === name &&
      found.kind === "integer" && found.offset === offset &&
      found.bytes === bytes;
    if (!right) {
      throw new RingCorruptError(name, found?.name ?? "", `at ${offset}`);
    }
  });
}

/** Removes fields of no size, except the last, which takes what is left. */
function withoutEmpty(fields: readonly EventField[]): EventField[] {
  return fields.filter(({ bytes }, i) => bytes > 0 || i === fields.length - 1);
}

/**
 * Gives each field a name of its own, because some kernel events have two
 * fields of the same name: a dynamic one and another.
 */
function named(fields: readonly EventField[]): EventField[] {
  const names = new Set(fields.map(({ name }) => name));
  const seen = new Set<string>();
  return fields.map((field) => {
    let { name } = field;
    for (let i = 2; seen.has(name); i++) {
      const next = `${field.name}_${i}`;
      if (!names.has(next)) name = next;
    }
    seen.add(name);
    return name === field.name ? field : { ...field, name };
  });
}

/**
 * Checks that no fields overlap, and that only the last takes the rest of the
 * payload.
 *
 * @returns The end of the last field.
 */
function checkPlaces(fields: readonly EventField[]): number {
  let end = 0;
  let open = false;
  for (const { name, offset, bytes } of fields) {
    if (open || offset < end) {
      throw new RingCorruptError(name, offset, `at or behind ${end}`);
    }
    end = offset + bytes;
    open = bytes === 0;
  }
  return end;
}
