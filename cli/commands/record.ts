// SPDX-License-Identifier: MIT
/**
 * The command that records rings as a CTF trace.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import type { Command } from "./command.ts";
import { SERVER_OPTIONS } from "../arguments/served_targets.ts";
import { OBJECT_OPTIONS } from "../arguments/object_rules.ts";
import type { OptionValues } from "../arguments/options.ts";
import { checkPaths } from "../arguments/paths.ts";
import type { ChunkRules } from "../traces/chunk_size.ts";
import { sessionSettings } from "../arguments/session_settings.ts";

const MS_PER_S = 1000;

/** `ivring_reader record -s NAME -o DIR`. */
export const RECORD: Command = {
  name: "record",
  summary: "Copy the rings into a CTF trace",
  options: [
    "shm",
    "all",
    ...OBJECT_OPTIONS,
    ...SERVER_OPTIONS,
    "lossless",
    "output",
    "rotate-mib",
    "rotate-seconds",
    "keep-files",
    "count",
    "duration",
    "once",
    "quiet",
    "verbose",
  ],
  run: async (options) => {
    using libc = new Libc();
    const session = sessionSettings(libc, options);
    checkPaths(libc, options);
    const { output: root, count, duration } = options;
    const { recordRegions } = await import("../traces/record_regions.ts");
    await recordRegions(libc, {
      ...session,
      root,
      chunks: chunkRules(options),
      count,
      durationMs: msOf(duration),
    });
  },
};

function msOf(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * MS_PER_S;
}

/** Returns when new chunks begin; undefined if they never do. */
function chunkRules(options: OptionValues): ChunkRules | undefined {
  const { "rotate-mib": limitBytes, "rotate-seconds": seconds } = options;
  if (limitBytes === undefined && seconds === undefined) return undefined;
  const keep = options["keep-files"];
  return { limitBytes, limitMs: msOf(seconds), keep };
}
