// SPDX-License-Identifier: MIT
/**
 * Where things that take time to make, or to fetch, are kept between runs.
 *
 * @module
 */

/** The folder; it need not be there. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? "/tmp";
  const base = Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`;
  return `${base}/ivring-vm`;
}
