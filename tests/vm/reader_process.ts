// SPDX-License-Identifier: MIT
/**
 * Runs `ivring_reader` as a user starts it: as another process.
 *
 * @module
 */
import { readerCommand } from "../support/reader_program.ts";
import { ROOT } from "../../packaging/root.ts";

/**
 * Starts the reader from the sources, with no more permissions than it needs.
 *
 * @param args Its arguments.
 * @param output Where its standard output and error go.
 */
export function startReader(
  args: readonly string[],
  output: "inherit" | "piped",
): Deno.ChildProcess {
  const [program, ...rest] = readerCommand(args);
  return new Deno.Command(program, {
    cwd: ROOT,
    args: rest,
    stdin: "null",
    stdout: output,
    stderr: output,
  }).spawn();
}

/** How a reader ended, and what it printed. */
export interface Ended {
  /** Exit code. */
  readonly code: number;
  /** Standard output, each byte as one character. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** Collects the output of a reader that was started with "piped". */
export async function ended(reader: Deno.ChildProcess): Promise<Ended> {
  const [{ code }, stdout, stderr] = await Promise.all([
    reader.status,
    new Response(reader.stdout).bytes(),
    new Response(reader.stderr).text(),
  ]);
  return { code, stdout: new TextDecoder("latin1").decode(stdout), stderr };
}

/**
 * Returns a number of the summary; 0 if the summary lacks it, as it may for a
 * 0.
 *
 * @param stderr What the reader printed; the summary is its last line.
 */
export function figureOf(stderr: string, name: string): number {
  const summary = stderr.trimEnd().split("\n").at(-1) ?? "";
  if (!/\d+ records/.test(summary)) throw new Error(`no summary: ${stderr}`);
  return Number(new RegExp(`(\\d+) ${name}\\b`).exec(summary)?.[1] ?? 0);
}
