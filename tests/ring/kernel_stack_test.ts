// SPDX-License-Identifier: MIT
// Tests which records are stacks, and how much is printed of one.
import { assertEquals } from "@std/assert";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import { fits } from "../../ring/events/event_values.ts";
import { framesOf } from "../../ring/events/kernel_stack.ts";
import { stackText } from "../../ring/events/stack_text.ts";
import { field, formatText, payloadOf } from "../support/events.ts";
import {
  STACK_ID,
  STACK_TEXT,
  stackPayload,
  SYMBOLS,
  VFS_WRITE,
} from "../support/stack_events.ts";

const FORMAT = parseEventFormat(STACK_TEXT);
const many = (count: number) => Array<bigint>(count).fill(VFS_WRITE);

Deno.test("a stack has as many addresses as it says", () => {
  for (const count of [0, 1, 8, 9, 512]) {
    const payload = payloadOf(stackPayload(many(count)));
    assertEquals(fits(FORMAT, payload), true, `${count}`);
    assertEquals(framesOf(FORMAT.stack!, payload), many(count));
  }
  const wrong = [
    stackPayload(many(2), 1),
    stackPayload(many(2), 3),
    stackPayload(many(2), -1),
    stackPayload(many(513)),
    stackPayload([]).subarray(0, 15),
    stackPayload([]).subarray(0, 11),
    stackPayload(many(2)).subarray(0, 28),
  ];
  for (const bytes of wrong) {
    assertEquals(fits(FORMAT, payloadOf(bytes)), false);
  }
});

Deno.test("no more is printed of a stack than of any event", () => {
  const long = { ...SYMBOLS.find(VFS_WRITE)!, name: "n".repeat(511) };
  const text = stackText(many(512), { find: () => long });
  assertEquals(text.length, 8192 + "[LINE TOO BIG]".length);
});

Deno.test("other events of this name are not stacks", () => {
  const size = field("int size", 8, 4, 1);
  const others = [
    STACK_TEXT.replace("system: ftrace", "system: tests"),
    formatText([size, field("u32 caller[8]", 16, 32)], {
      id: STACK_ID,
      name: "kernel_stack",
    }),
    STACK_TEXT.replace("caller[8]", "callers[8]"),
    STACK_TEXT.replace("int size;", "int length;"),
  ];
  for (const text of others) assertEquals(parseEventFormat(text).stack, null);
});
