// SPDX-License-Identifier: MIT
/**
 * The limit on how large this process may make a file (`ulimit -f`, systemd's
 * `LimitFSIZE=`). By default, a write beyond it raises a signal, which ends the
 * process without a message, in the middle of its work. Source: setrlimit(2),
 * signal(7).
 *
 * @module
 */
import { SIGNAL_SYMBOLS } from "./libc.ts";

/** The number is the same on x86-64 and arm64. */
const SIGXFSZ = 25;
const SIG_IGN = 1n;

/**
 * Ignores the signal for as long as this process lives: such a write then fails
 * with EFBIG, as any write may fail. The runtime's own listener is not used,
 * because it has to open files, and this process may open too few.
 *
 * @throws {Error} if there is no such C library.
 */
export function ignoreFileSizeSignal(): void {
  const library = Deno.dlopen("libc.so.6", SIGNAL_SYMBOLS);
  library.symbols.signal(SIGXFSZ, SIG_IGN); // fails only for an invalid number
  library.close();
}
