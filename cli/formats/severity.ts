// SPDX-License-Identifier: MIT
/**
 * The severity of records, for log shippers.
 *
 * @module
 */
import { LEVELS } from "../../ring/log_levels.ts";

/**
 * Syslog's levels as OpenTelemetry numbers them, emerg first. Source: Logs Data
 * Model, Appendix B: SeverityNumber example mappings.
 */
export const SEVERITY_NUMBERS: readonly number[] = [
  21,
  19,
  18,
  17,
  13,
  10,
  9,
  5,
];

/** The level of records that have none. */
export const INFO = 6;

/** The level of records about something that may happen, but should not. */
export const WARNING = 4;

/**
 * For each level, the JSON from the member `severity` up to before the value of
 * `message`.
 */
export const SEVERITIES: readonly string[] = LEVELS.map((name, level) =>
  `,"severity":"${name}","severity_number":${
    SEVERITY_NUMBERS[level]
  },"message":`
);
