// SPDX-License-Identifier: MIT
/**
 * Part 2: how fast the host reads, and what waiting costs.
 *
 * @module
 */
import type { Context, Part, PartResult } from "./part.ts";
import { measureFollowing } from "./read_follow.ts";
import { measureIdle } from "./read_idle.ts";
import { compareOutputs } from "./read_same.ts";
import { measureStatic } from "./read_static.ts";
import { makeTools } from "./read_tools.ts";

/** Part 2. */
export const HOST_READ: Part = {
  name: "host-read",
  title: "Reading on the host",
  run,
};

const REMARKS = [
  "The reader in C makes the same checks (copy, fence, check again, validate " +
  "every record), and its output was compared with ivring_reader's, byte for " +
  "byte, before anything was measured. It reads one ring and can do nothing " +
  "else.",
  "Whole processes over a full ring that nobody writes to, in turn; median of " +
  "5 rounds. From ivring_reader's time that of a start with an empty ring is " +
  "taken off, in the same round; it is told on its own. From the others' " +
  "nothing is. What the just-in-time compiler takes until it has made what is " +
  "hot, about a tenth of a second, is not taken off: that is as much as the " +
  "reader in C takes for all. So there are goals of reading on, too: the time " +
  "of a large ring less that of a small one, in the same round.",
  "GB/s are those of the ring, record headers included, whatever becomes of " +
  "them. `dd bs=1M` and memcpy copy the same bytes and look at none: what C " +
  "takes for checking and writing out records of 64 B already makes it half " +
  "as fast as `dd`, so that no reader of them meets that goal.",
  "What is left to C, by a profile of reading on: of the payload's 35 to 40 ns " +
  "a record of 64 B, 20 are the copy out of the region and its page faults, " +
  "which C pays too, 5 the walk, 12 to 15 copying the payload eight bytes at a " +
  "time (`memcpy` is not to be had for so few bytes: a call of " +
  "`Uint8Array.set` takes 50 ns). Stamped text must look for line ends within " +
  "the message: 0.2 ns a byte in JavaScript, where C's memchr takes a tenth " +
  "of that; at 1 KiB this is most of it. JSON: 0.8 to 1.0 ns a byte looking " +
  "for what has to be escaped.",
  "Resident memory: of what ivring_reader has more than an empty program, " +
  "half is pages of its own executable (the compilers of V8, FFI), which all " +
  "readers share; the rest are its modules, V8's code and 1 MiB of buffers. " +
  "Idle: a wake-up of the runtime's timer takes as long as the look at the " +
  "ring, so there are five a second.",
];

async function run(context: Context): Promise<PartResult> {
  using tools = await makeTools(context.folder);
  const same = compareOutputs(tools, context.folder);
  const different = same.different.map((format) =>
    `NOT COMPARABLE: the reader in C puts out other bytes than ` +
    `ivring_reader for ${format}.`
  );
  const found = measureStatic(context, tools, same);
  const following = await measureFollowing(context, tools);
  const idle = await measureIdle(context, tools);
  return {
    tables: [...found.tables, following, idle.table],
    goals: [...found.goals, ...idle.goals],
    remarks: [...tools.remarks, ...REMARKS, ...found.remarks, ...different],
  };
}
