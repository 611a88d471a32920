// SPDX-License-Identifier: MIT
/**
 * Knows where things that take time to make or to fetch are kept between runs.
 *
 * @module
 */

/** Returns the folder, which need not exist. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? "/tmp";
  const base = Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`;
  return `${base}/ivring-vm`;
}
