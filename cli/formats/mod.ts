// SPDX-License-Identifier: MIT
/**
 * The formats that records are printed in. To add one, write it in a file of
 * its own beside this one, and append it to `FORMATS`; parser and help follow.
 *
 * @module
 */
import { JSON_FORMAT } from "./json.ts";
import type { OutputFormat } from "./formatter.ts";
import { TEXT_FORMAT } from "./text.ts";

/** All formats; the first is the default. */
export const FORMATS: readonly [OutputFormat, ...OutputFormat[]] = [
  TEXT_FORMAT,
  JSON_FORMAT,
];
