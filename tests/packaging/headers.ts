// SPDX-License-Identifier: MIT
/**
 * Finds installed kernel headers by series and flavour.
 *
 * @module
 */
import { headersOf } from "../vm/kernel.ts";

/**
 * Debian's flavours for x86-64 besides the plain one: for clouds, and real
 * time.
 */
export const OTHER_FLAVOURS: readonly string[] = ["cloud-amd64", "rt-amd64"];

/** The headers that a module is built against. */
export interface Headers {
  /** The release as `uname -r` prints it. */
  readonly release: string;
  /** The build directory. */
  readonly headers: string;
}

const SOURCES = "/usr/src";
const PREFIX = "linux-headers-";

function foldersOf(parent: string): string[] {
  try {
    return [...Deno.readDirSync(parent)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Returns the flavour of a release: "6.1.0-56-rt-amd64" is 6.1.0-56 and
 * rt-amd64.
 */
function flavourOf(release: string): string {
  return /-((?:cloud-|rt-)?[a-z]\w*)$/.exec(release)?.[1] ?? "";
}

/** Returns the newest headers of a series and flavour, or null. */
export function findHeaders(series: string, flavour: string): Headers | null {
  const byNumber = new Intl.Collator("en", { numeric: true });
  const release = foldersOf(SOURCES)
    .filter((name) => name.startsWith(`${PREFIX}${series}.`))
    .map((name) => name.slice(PREFIX.length))
    .filter((name) => flavourOf(name) === flavour)
    .sort(byNumber.compare)
    .at(-1);
  if (release === undefined) return null;
  const headers = headersOf(release);
  return headers === null ? null : { release, headers };
}

/** Returns the Debian 12 package with the newest headers of a series. */
export function headersPackage(series: string, flavour: string): string {
  // The names for Debian 12's own series have no number.
  return `linux-headers-${series === "6.1" ? "" : `${series}-`}${flavour}`;
}
