// SPDX-License-Identifier: MIT
/**
 * From --server, and what goes with it, to sockets and what is served there.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { shmName } from "../../ffi/shm_object.ts";
import { UsageError } from "../errors.ts";
import type { Messages } from "../messages.ts";
import { wholeNumber } from "../numbers.ts";
import type { OptionName, OptionValues } from "../options.ts";
import type { ObjectRules } from "./objects.ts";
import { isPattern } from "./patterns.ts";
import { type ServedTarget, Servers } from "./servers.ts";
import { checkName } from "./wait.ts";

/** Options of every command that can serve. */
export const SERVER_OPTIONS: readonly OptionName[] = [
  "server",
  "threshold",
  "max-delay",
];

const KIB = 1024;
/** Half a ring at most is waited for: more is never needed. */
const THRESHOLD_MAX = 1 << 30;
const DELAY_MS_MAX = 3_600_000;
/** A consumer that does not show itself so long is soon taken for dead. */
const CONSUMER_DELAY_MS_MAX = 1000;

/**
 * Pairs each socket with what is served there.
 *
 * @throws {UsageError} naming the flag.
 */
export function servedTargets(
  { server, shm, all, once, size }: OptionValues,
): ServedTarget[] {
  if (server.length === 0) return [];
  if (all) throw new UsageError("option --server: not together with --all");
  if (once) throw new UsageError("option --server: not together with --once");
  if (new Set(server).size < server.length) {
    throw new UsageError("option --server: a socket is given twice");
  }
  if (shm.length === 0) {
    if (size !== "") {
      return server.map((path) => ({ path, name: path, isObject: false }));
    }
    throw new UsageError(
      "option --server needs an object or a size: give -s, --shm NAME or " +
        "-m, --size MIB",
    );
  }
  const pattern = shm.find(isPattern);
  if (pattern !== undefined) {
    throw new UsageError(`option --server: "${pattern}" names many objects`);
  }
  for (const name of shm) checkName(name);
  // As it was given, where there is only one to be told of.
  const names = shm.length === 1 ? shm : shm.map(shmName);
  if (new Set(names).size < names.length) {
    throw new UsageError("option --server: an object is given twice");
  }
  if (names.length === server.length) {
    return server.map((path, i) => ({ path, name: names[i], isObject: true }));
  }
  throw new UsageError(
    `option --server: ${server.length} sockets and ${shm.length} objects: ` +
      "give as many -s, in order, or none",
  );
}

/**
 * Begins to serve what the options name.
 *
 * @param targets From {@linkcode servedTargets}.
 * @returns Null if they name nothing.
 * @throws {UsageError} naming the flag.
 * @throws As `Servers`.
 */
export function openServers(
  libc: Libc,
  options: OptionValues,
  targets: readonly ServedTarget[],
  { rules, messages }: { rules: ObjectRules; messages: Messages },
): Servers | null {
  const { threshold, "max-delay": delay, lossless } = options;
  const alarm = {
    thresholdBytes: thresholdBytes(threshold),
    maxDelayMs: Math.min(
      wholeNumber("--max-delay", delay, DELAY_MS_MAX),
      lossless ? CONSUMER_DELAY_MS_MAX : Infinity,
    ),
  };
  if (targets.length === 0) return null;
  return new Servers(libc, { targets, rules, alarm, messages });
}

function thresholdBytes(text: string): number {
  const [, digits, unit] = /^(\d{1,10})(K|KiB)?$/.exec(text) ?? [];
  const bytes = digits === undefined
    ? Infinity
    : Number(digits) * (unit === undefined ? 1 : KIB);
  if (bytes <= THRESHOLD_MAX) return bytes;
  throw new UsageError(
    `option --threshold: "${text}" is no number of bytes up to ` +
      `${THRESHOLD_MAX}, such as 4096 or 64K`,
  );
}
