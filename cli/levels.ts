// SPDX-License-Identifier: MIT
/**
 * Levels and facilities of the kernel log, under the names that dmesg and
 * journalctl give them.
 *
 * @module
 */
import { UsageError } from "./errors.ts";

/** Level names; each one's number is its index. Source: syslog(3). */
export const LEVELS: readonly string[] = [
  "emerg",
  "alert",
  "crit",
  "err",
  "warning",
  "notice",
  "info",
  "debug",
];

/** Other names that are understood. */
const ALIASES: Readonly<Record<string, string>> = {
  panic: "emerg",
  error: "err",
  warn: "warning",
};

/** Facility names; each one's number is its index. Source: RFC 5424, 6.2.1. */
const FACILITIES: readonly string[] = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
];

/** A facility's name; its number as text where it has none. */
export function facilityName(facility: number): string {
  return FACILITIES[facility] ?? String(facility);
}

/** Levels from the most to the least severe that is wanted. */
export interface LevelRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Parses what `--level` takes: "err" for 0 to 3, "err..info" for 3 to 6.
 *
 * @throws {UsageError} naming the flag.
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

function refusal(text: string): UsageError {
  return new UsageError(
    `option --level: "${text}" is no level: give one of ${
      LEVELS.join(", ")
    }, ` +
      "0 to 7, or two with .. between them",
  );
}
