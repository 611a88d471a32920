// SPDX-License-Identifier: MIT
/**
 * Ranges of levels of the kernel log, as `--level` takes them.
 *
 * @module
 */
import { LEVELS } from "../../ring/log_levels.ts";
import { ValueError } from "../errors.ts";
import type { LevelRange } from "../printing/record_filter.ts";
import { didYouMean } from "../console/did_you_mean.ts";

/** Other names of levels that are understood. */
const ALIASES: Readonly<Record<string, string>> = {
  panic: "emerg",
  error: "err",
  warn: "warning",
};

/**
 * Parses a value of `--level`: "err" is 0 to 3, "err..info" is 3 to 6.
 *
 * @throws {ValueError}
 */
export function parseLevels(text: string): LevelRange {
  const parts = text.split("..");
  if (parts.length > 2) throw refusal(text);
  const levels = parts.map((part) => levelNumber(part, text));
  if (levels.length === 1) return { from: 0, to: levels[0] };
  return { from: Math.min(...levels), to: Math.max(...levels) };
}

function levelNumber(part: string, text: string): number {
  const name = part.toLowerCase();
  const level = /^[0-7]$/.test(name)
    ? Number(name)
    : LEVELS.indexOf(Object.hasOwn(ALIASES, name) ? ALIASES[name] : name);
  if (level < 0) throw refusal(text);
  return level;
}

function refusal(text: string): ValueError {
  const names = [...LEVELS, ...Object.keys(ALIASES)];
  const near = text.split("..").find((part) => !names.includes(part)) ?? "";
  return new ValueError(
    `"${text}" is no level: give one of ${LEVELS.join(", ")}, ` +
      `0 to 7, or two with .. between them${didYouMean(near, names)}`,
  );
}
