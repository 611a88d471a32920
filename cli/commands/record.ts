// SPDX-License-Identifier: MIT
/**
 * The command that records.
 *
 * @module
 */
import type { Command } from "../commands.ts";
import { UsageError } from "../errors.ts";
import { wholeNumber } from "../numbers.ts";
import { SERVER_OPTIONS } from "../regions/served_targets.ts";
import { OBJECT_OPTIONS } from "../regions/objects.ts";
import type { OptionValues } from "../options.ts";
import type { ChunkRules } from "../outputs/ctf.ts";
import { targetsOf } from "../regions/targets.ts";

const MIB = 1 << 20;
const MIB_MAX = 1 << 20;
const CHUNKS_MAX = 1_000_000;
const COUNT_MAX = 999_999_999;
const MS_PER_S = 1000;
/** The longest that a timer takes. */
const SECONDS_MAX = 2_147_483;

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
    const { recordRegions } = await import("../record_regions.ts");
    await recordRegions(options, targetsOf(options), {
      root: options.output,
      chunks: chunkRules(options),
      count: countLimit(options),
      durationMs: durationMs(options),
    });
  },
};

function countLimit({ count, lossless }: OptionValues): number {
  if (count !== "" && lossless) {
    throw new UsageError("option --count: not together with --lossless");
  }
  return count === "" ? Infinity : wholeNumber("--count", count, COUNT_MAX);
}

function durationMs({ duration }: OptionValues): number {
  if (duration === "") return Infinity;
  return wholeNumber("--duration", duration, SECONDS_MAX) * MS_PER_S;
}

function chunkRules(options: OptionValues): ChunkRules | null {
  const {
    "rotate-mib": size,
    "rotate-seconds": seconds,
    "keep-files": count,
  } = options;
  if (size + seconds === "") {
    if (count === "") return null;
    throw new UsageError(
      "option -N, --keep-files needs -S, --rotate-mib or --rotate-seconds too",
    );
  }
  return {
    limitBytes: size === ""
      ? Infinity
      : wholeNumber("-S, --rotate-mib", size, MIB_MAX) * MIB,
    limitMs: seconds === ""
      ? Infinity
      : wholeNumber("--rotate-seconds", seconds, SECONDS_MAX) * MS_PER_S,
    keep: count === ""
      ? Infinity
      : wholeNumber("-N, --keep-files", count, CHUNKS_MAX),
  };
}
