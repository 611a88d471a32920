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

/** How often each figure is measured. */
export const ROUNDS = 5;
/** The length of a record. */
const BYTES = 64;
/** Records a second of a guest that writes little. */
export const SLOW = 1_000;
/** Records a second of a busy guest. */
export const STEADY = 20_000;

/** A reader that is measured. */
export interface Reader {
  /** The name of its row. */
  readonly name: string;
  /** Returns the command that is started, program first. */
  readonly command: (tools: EndTools, object: Scratch) => readonly string[];
}

/** The readers, named by how they learn that there is something to read. */
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

/** Starts a reader, beside a guest with this many rings. */
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
