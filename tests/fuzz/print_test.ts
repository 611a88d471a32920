// SPDX-License-Identifier: MIT
/**
 * Bends the print formats of real kernels, and prints records with them: no
 * text of a guest's may throw, print without bound, or read what is not in the
 * record.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ctfEventText } from "../../cli/traces/ctf_event.ts";
import { fieldTexts } from "../../cli/formats/field_texts.ts";
import { toolPrintText } from "../../cli/traces/print_fmt_source.ts";
import {
  type EventFormat,
  parseEventFormat,
} from "../../ring/events/event_format.ts";
import { printArgument, printEvent } from "../../ring/events/event_print.ts";
import { fits } from "../../ring/events/event_values.ts";
import type { Payload } from "../../ring/events/payload.ts";
import { FIXTURES, readFixture } from "../support/events.ts";
import { Random } from "./random.ts";

const CASES = 4000;
/** 8 KiB, and the mark behind a text that is cut. */
const PRINTED_MAX = 8192 + "[LINE TOO BIG]".length;

/** Words that mean something in a print format. */
const WORDS = [
  ...["REC", "REC->", "->", "(", ")", "[", "]", "{", "}", "({", "})", ",", ";"],
  ...["?", ":", "?:", "*", "&", "+", "-", "~", "!", "<<", ">>", "==", "&&"],
  ..."/ % | ^ < > = . # $ \\ \" ' \u0000 \u00ff \n".split(" "),
  ...["0", "-1", "99999", "0x7fffffff", "1UL << 63", "08", "1e9", "'a'"],
  ...["18446744073709551615", "99999999999999999999", "NULL", "(void *)0"],
  ...["u8 *", "(u8 *)", "(struct x *)", "typeof(", "sizeof(", "struct { int:"],
  ...["__get_str(", "__get_dynamic_array(", "__get_dynamic_array_len("],
  ...["__get_bitmask(", "__get_sockaddr(", "__print_flags(", "__print_hex("],
  ...["__print_symbolic(", "__print_array(", "__print_hex_str(", "toString("],
  ...["print_u32_array(p, ", "scsi_trace_parse_cdb(p, ", "blk_op_str("],
  ...["xhci_decode_trb(__get_buf(500), 500, ", "nvme_trace_disk_name(p, "],
  ...["__print_hex_dump(", "__builtin_choose_expr(", "__proto__", "hidden("],
  ...["__builtin_bswap64(", "__print_ns_to_secs(", "constructor", "int x = 1"],
  ...['"%s"', '"%*d"', '"%.*s"', '"%pI6c"', '"%pISpsfc"', '"%*pbl"', '"%pUL"'],
  ...['"%999999d"', '"%-0+ #99.99llx"', '"%q"', '"%', '"%%"', '"%pM%pm%pS"'],
];

/** Replaces, removes or repeats some words of a text. */
function bent(text: string, random: Random): string {
  const words = text.split(/(\s+|\b)/);
  for (let times = 1 + random.below(6); times > 0; times--) {
    const at = random.below(words.length);
    const put = [random.pick(WORDS)];
    if (random.below(4) === 0) put.push(...words.slice(at, at + 8));
    words.splice(at, random.below(3), ...put);
  }
  return words.join("");
}

/** Makes a record whose dynamic fields lie in it, with any bytes. */
function recordOf(format: EventFormat, random: Random): Payload | null {
  const payloadBytes = format.fixedBytes + random.below(200);
  const bytes = new Uint8Array(payloadBytes + 16).fill(0xee);
  for (let i = 0; i < payloadBytes; i++) {
    bytes[8 + i] = random.below(3) === 0 ? 0 : random.below(256);
  }
  const view = new DataView(bytes.buffer, 8);
  if (payloadBytes < 8) return null;
  view.setUint16(0, format.id, true);
  let left = payloadBytes - format.fixedBytes;
  for (const { offset, relative } of format.dynamic) {
    const count = random.below(left + 1);
    const start = payloadBytes - left - (relative ? offset + 4 : 0);
    view.setUint32(offset, count << 16 | start, true);
    left -= count;
  }
  const payload = { bytes, payloadOffset: 8, payloadBytes };
  return fits(format, payload) ? payload : null;
}

/** Prints, and checks what is printed. @returns How much it is. */
function printed(payload: Payload, print: (sink: PrintSink) => void): number {
  let count = 0;
  print({
    text: (ascii) => {
      assertMatch(ascii, /^[\t -~]*$/);
      count += ascii.length;
    },
    bytes: (_from, offset, bytes) => {
      const end = payload.payloadOffset + payload.payloadBytes;
      assert(bytes >= 0 && offset >= payload.payloadOffset);
      assert(offset + bytes <= end);
      count += bytes;
    },
  });
  assert(count <= PRINTED_MAX, `${count}`);
  return count;
}

type PrintSink = Parameters<typeof printEvent>[2];

Deno.test("bent print formats: nothing throws, all is printable and bounded", () => {
  const random = new Random(7);
  const texts = FIXTURES.flatMap((series) => readFixture(series).formats);
  const tally = { whole: 0, partly: 0, none: 0 };
  for (let i = 0; i < CASES; i++) {
    const [head, print] = random.pick(texts).split("print fmt: ");
    const text = bent(print, random);
    const format = parseEventFormat(`${head}print fmt: ${text}`);
    const { print: parsed } = format;
    if (parsed === null) tally.none++;
    else tally[parsed.unknown.length === 0 ? "whole" : "partly"]++;
    assertMatch(toolPrintText(format), /^"[ -~]*$/);
    const known = { id: 1, format, placed: false, tail: false };
    assertMatch(ctfEventText(known, 0), /^[\n -~]*$/);
    const payload = recordOf(format, random);
    if (payload === null) continue;
    printed(payload, (sink) => printEvent(format, payload, sink, null));
    for (const argument of fieldTexts(format)) {
      if (argument === null) continue;
      printed(payload, (sink) => printArgument(argument, payload, sink, null));
    }
  }
  assertEquals(tally.whole + tally.partly + tally.none, CASES);
  assert(Math.min(tally.whole, tally.partly, tally.none) > CASES / 50);
});
