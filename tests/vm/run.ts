// SPDX-License-Identifier: MIT
/**
 * Runs a host program to its end.
 *
 * @module
 */

/** How a program ended, and what it printed. */
export interface Finished {
  /** Exit status. */
  readonly code: number;
  /** Standard output as bytes. */
  readonly stdout: Uint8Array<ArrayBuffer>;
  /** Standard error as text. */
  readonly stderr: string;
}

/** Runs a program and collects its output; no exit status makes it throw. */
export async function runAny(
  argv: readonly string[],
  options: Omit<Deno.CommandOptions, "args" | "stdout" | "stderr"> = {},
): Promise<Finished> {
  const command = new Deno.Command(argv[0], {
    stdin: "null",
    ...options,
    args: argv.slice(1),
    stdout: "piped",
    stderr: "piped",
  });
  const output = await command.output();
  const stderr = new TextDecoder().decode(output.stderr);
  return { code: output.code, stdout: new Uint8Array(output.stdout), stderr };
}

/**
 * Runs a program that has to succeed.
 *
 * @returns Its standard output and error, joined, as text.
 * @throws {Error} with that output if it fails.
 */
export async function run(
  argv: readonly string[],
  options: Omit<Deno.CommandOptions, "args" | "stdout" | "stderr"> = {},
): Promise<string> {
  const { code, stdout, stderr } = await runAny(argv, options);
  const text = new TextDecoder().decode(stdout) + stderr;
  if (code !== 0) {
    throw new Error(`${argv.join(" ")} failed with ${code}:\n${text}`);
  }
  return text;
}
