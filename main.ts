// SPDX-License-Identifier: MIT
/**
 * `ivring_reader`: parses the command line, runs a command, and maps errors to
 * exit codes: 0 done, 1 error, 2 usage, 3 loss.
 *
 * @module
 */
import { LossError, UsageError } from "./cli/errors.ts";
import { helpText } from "./cli/help.ts";
import { complain } from "./cli/messages.ts";
import { parseCommandLine } from "./cli/parse.ts";
import { print } from "./cli/print.ts";
import { versionText } from "./cli/version.ts";

/**
 * Runs the program.
 *
 * @param args Command line arguments.
 * @returns The exit code. Everything is released by then.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { command, named, options } = parseCommandLine(args);
    const { h, help } = options;
    if (h || help) print(helpText(command, named, help));
    else if (options.version) print(versionText());
    else await command.run(options);
    return 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    if (error instanceof LossError) return 3;
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
