// SPDX-License-Identifier: MIT
/**
 * The readers of part 3, and what all its measurements have in common.
 *
 * @module
 */
import { type EndPrograms, EndToEnd } from "./end_run.ts";
import type { EndTools } from "./end_tools.ts";
import type { Context } from "./part.ts";
import type { Scratch } from "./write_runs.ts";

/** Of each measurement: the count of every figure. */
export const ROUNDS = 5;
/** Of a record. */
const BYTES = 64;
/** Records a second, of one who says little. */
export const SLOW = 1_000;
/** Records a second, of a busy guest. */
export const STEADY = 20_000;

/** Who reads. */
export interface Reader {
  /** Of the row. */
  readonly name: string;
  /** What is started, program first. */
  readonly command: (tools: EndTools, object: Scratch) => readonly string[];
}

/** By how a reader learns that there is something to read. */
export const READERS: readonly Reader[] = [
  {
    name: "**ivring_reader**, polling",
    command: (tools, { name }) => tools.ours(["-q", "-s", name, "--raw"]),
  },
  {
    name: "reader in C, polling",
    command: ({ reader }, { path }) => [reader, path, "follow", "text"],
  },
];

/** Starts one, beside a guest with so many rings. */
export function start(
  context: Context,
  tools: EndTools,
  ends: EndPrograms,
  { command }: Reader,
  rings: number,
): Promise<EndToEnd> {
  const reader = (object: Scratch) => command(tools, object);
  return EndToEnd.start(ends, context.folder, reader, rings, BYTES);
}
