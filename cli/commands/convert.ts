// SPDX-License-Identifier: MIT
/**
 * The command that makes traces for other tools.
 *
 * @module
 */
import type { Command } from "../commands.ts";
import { SOURCE_OPTIONS } from "../regions/source.ts";

/** `ivring_reader convert --to trace.dat -s NAME -o FILE`. */
export const CONVERT: Command = {
  name: "convert",
  summary: "Make a trace for trace-cmd, KernelShark or CTF tools",
  options: [
    "to",
    ...SOURCE_OPTIONS,
    "trace",
    "epoch",
    "output",
    "quiet",
    "verbose",
  ],
  run: async (options) => {
    const { convert } = await import("../convert.ts");
    await convert(options);
  },
};
