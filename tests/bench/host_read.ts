// SPDX-License-Identifier: MIT
/**
 * Part 2: how fast the host reads, and what it takes to wait.
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
  "hot is not taken off: a larger ring is read faster.",
  "GB/s are those of the ring, record headers included, whatever becomes of " +
  "them. `dd bs=1M` and memcpy copy the same bytes and look at none.",
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
