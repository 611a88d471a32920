// SPDX-License-Identifier: MIT
/**
 * The command that makes traces for other tools.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { objectRules } from "../arguments/object_rules.ts";
import type { OptionValues } from "../arguments/options.ts";
import { checkPaths } from "../arguments/paths.ts";
import { sessionSettings } from "../arguments/session_settings.ts";
import { Messages } from "../console/messages.ts";
import type { ConvertSettings } from "../traces/convert.ts";
import type { Command } from "./command.ts";
import { oneTarget, SOURCE_OPTIONS } from "../arguments/targets.ts";

/** `ivring_reader convert --to trace.dat -s NAME -o FILE`. */
export const CONVERT: Command = {
  name: "convert",
  summary: "Make a trace for trace-cmd, KernelShark or CTF tools",
  options: [
    "to",
    ...SOURCE_OPTIONS,
    "trace",
    "epoch",
    "symbols",
    "output",
    "quiet",
    "verbose",
  ],
  implied: ["once"],
  run: async (options) => {
    using libc = new Libc();
    const settings = convertSettings(libc, options);
    checkPaths(libc, options);
    const { convert } = await import("../traces/convert.ts");
    await convert(libc, settings);
  },
};

function convertSettings(libc: Libc, options: OptionValues): ConvertSettings {
  const { to, trace, output: path, epoch, symbols: symbolPaths } = options;
  const messages = new Messages(options);
  if (trace !== undefined) {
    objectRules(libc, options); // refuses an unknown --owner here, too
    return { from: { trace }, to, path, epoch, symbolPaths, messages };
  }
  const targets = oneTarget(options, "convert");
  const session = sessionSettings(libc, options);
  const region = { ...session, targets, once: true };
  return { from: { region }, to, path, epoch, symbolPaths, messages };
}
