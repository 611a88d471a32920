// SPDX-License-Identifier: MIT
/**
 * The text of `--version`.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };
import { ABI } from "../ring/layout.ts";
import { BUILD_NOTE } from "./build.ts";

/** Returns one line with the versions of the reader, its ABI and Deno. */
export function versionText(): string {
  const abi = `${ABI.ABI_MAJOR}.${ABI.ABI_MINOR}`;
  return `ivring_reader ${config.version}${BUILD_NOTE}, ABI ${abi}, ` +
    `Deno ${Deno.version.deno}\n`;
}
