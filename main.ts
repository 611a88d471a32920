// SPDX-License-Identifier: MIT
/**
 * `ivring_reader`: parses the command line, runs a command, and maps errors to
 * exit codes: 0 done, 1 error, 2 usage, 3 loss.
 *
 * @module
 */
import { blame, hostConfig } from "./cli/command_line/config.ts";
import { environmentOf } from "./cli/environment.ts";
import { LossError, UsageError } from "./cli/errors.ts";
import { helpText } from "./cli/command_line/help.ts";
import { complain, Messages } from "./cli/console/messages.ts";
import { parseCommandLine } from "./cli/command_line/parse.ts";
import { print } from "./cli/console/standard_output.ts";
import { surviveFileSizeLimit } from "./cli/signals.ts";
import { versionText } from "./cli/version.ts";

/**
 * Runs the program.
 *
 * @param args Command line arguments.
 * @returns The exit code. All resources are released when it is returned.
 */
export async function main(args: readonly string[]): Promise<number> {
  let origins: ReadonlyMap<string, string> = new Map();
  try {
    surviveFileSizeLimit();
    const parsed = parseCommandLine(args, hostConfig);
    const { command, named, options } = parsed;
    origins = parsed.origins;
    const { h, help } = options;
    if (h || help) print(helpText(command, named, help));
    else if (options.version) print(versionText());
    else {
      const messages = new Messages(options);
      for (const each of parsed.leftOut) messages.detail(each);
      await command.run(options);
    }
    return 0;
  } catch (error) {
    return failed(error, origins);
  }
}

/**
 * Reports why the program ends.
 *
 * @param origins File and line of the options that come from a file.
 * @returns The exit code.
 */
function failed(error: unknown, origins: ReadonlyMap<string, string>): number {
  complain(blame(error, origins));
  if (isDebugged()) complainOfCauses(error);
  if (error instanceof LossError) return 3;
  return error instanceof UsageError ? 2 : 1;
}

function isDebugged(): boolean {
  try {
    return Boolean(environmentOf("IVRING_DEBUG"));
  } catch {
    return false; // the permission to read the environment is missing
  }
}

/** Prints every error as it was thrown, for developers. */
function complainOfCauses(error: unknown): void {
  for (let each = error; each !== undefined; each = causeOf(each)) {
    const text = each instanceof Error ? each.stack ?? each.message : each;
    for (const line of String(text).split("\n")) complain(line);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

if (import.meta.main) {
  // Catches failures that nothing awaits, such as those of a timer's function.
  const uncaught = (event: Event, error: unknown) => {
    event.preventDefault();
    Deno.exit(failed(error, new Map()));
  };
  addEventListener("error", (event) => uncaught(event, event.error));
  addEventListener(
    "unhandledrejection",
    (event) => uncaught(event, event.reason),
  );
  Deno.exit(await main(Deno.args));
}
