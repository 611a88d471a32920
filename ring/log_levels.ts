// SPDX-License-Identifier: MIT
/**
 * Levels and facilities of the kernel log, under the names that dmesg and
 * journalctl give them.
 *
 * @module
 */
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

/** Facility names; each one's number is its index. Source: RFC 5424, 6.2.1. */
export const FACILITIES: readonly string[] = [
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

/** Returns a facility's name, or its number as text if it has none. */
export function facilityName(facility: number): string {
  return FACILITIES[facility] ?? String(facility);
}
