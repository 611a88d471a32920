// SPDX-License-Identifier: MIT
/**
 * How grave a record is, for log shippers.
 *
 * @module
 */
import { LEVELS } from "../../ring/log_levels.ts";

/**
 * Syslog's levels as OpenTelemetry numbers them, emerg first. Source: Logs Data
 * Model, Appendix B: SeverityNumber example mappings.
 */
const NUMBERS: readonly number[] = [21, 19, 18, 17, 13, 10, 9, 5];

/** The level of what has none. */
export const INFO = 6;

/** The level of what should not happen, but may. */
export const WARNING = 4;

/** For each level, the members from `severity` up to the value of `message`. */
export const SEVERITIES: readonly string[] = LEVELS.map((name, level) =>
  `,"severity":"${name}","severity_number":${NUMBERS[level]},"message":`
);
