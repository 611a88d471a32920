// SPDX-License-Identifier: MIT
/**
 * Turns the options into what a command follows.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { Messages } from "../console/messages.ts";
import type { SessionSettings } from "../regions/session.ts";
import { objectRules } from "./object_rules.ts";
import type { OptionValues } from "./options.ts";
import { serveRules } from "./served_targets.ts";
import { targetsOf } from "./targets.ts";

/**
 * Returns what is followed, and how.
 *
 * @throws {UsageError} naming the option.
 */
export function sessionSettings(
  libc: Libc,
  options: OptionValues,
): SessionSettings {
  const { once, lossless } = options;
  const serve = serveRules(options);
  return {
    targets: targetsOf(options, serve?.targets),
    rules: objectRules(libc, options),
    serve,
    once,
    lossless,
    messages: new Messages(options),
  };
}
