// SPDX-License-Identifier: MIT
/**
 * Turns --server and its related options into what is served at which socket.
 *
 * @module
 */
import { shmName } from "../../ffi/shm_object.ts";
import type { ServedTarget, ServeRules } from "../regions/servers.ts";
import type { OptionName, OptionValues } from "./options.ts";
import { refused } from "./refused.ts";

/** Options of every command that can serve. */
export const SERVER_OPTIONS: readonly OptionName[] = [
  "server",
  "threshold",
  "max-delay",
];

/**
 * The longest sleep of a consumer, which has to show the guest often enough
 * that it is alive: otherwise the guest takes it for dead.
 */
const CONSUMER_DELAY_MS_MAX = 1000;

/**
 * Returns what is served, and when the guests are to ring the doorbell.
 *
 * @returns Undefined if nothing is served.
 * @throws {UsageError} naming the option.
 */
export function serveRules(options: OptionValues): ServeRules | undefined {
  const targets = servedTargets(options);
  if (targets.length === 0) return undefined;
  const { threshold, "max-delay": delay, lossless } = options;
  const maxDelayMs = lossless ? Math.min(delay, CONSUMER_DELAY_MS_MAX) : delay;
  return { targets, alarm: { thresholdBytes: threshold, maxDelayMs } };
}

/**
 * Pairs each socket with what is served there.
 *
 * @throws {UsageError} naming the option.
 */
function servedTargets(
  { server, shm, size }: OptionValues,
): ServedTarget[] {
  if (server.length === 0) return [];
  if (shm.length === 0) {
    if (size !== undefined) {
      return server.map((path) => ({ path, name: path, isObject: false }));
    }
    throw refused(
      "server",
      " needs an object or a size: give -s, --shm NAME or -m, --size SIZE",
    );
  }
  const names = shm.map(shmName);
  if (new Set(names).size < names.length) {
    throw refused("server", ": an object is given twice");
  }
  if (names.length === server.length) {
    return server.map((path, i) => ({ path, name: names[i], isObject: true }));
  }
  throw refused(
    "server",
    `: ${server.length} sockets and ${shm.length} objects: ` +
      "give as many -s, in order, or none",
  );
}
