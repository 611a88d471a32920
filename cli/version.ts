// SPDX-License-Identifier: MIT
/**
 * What this program calls itself.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };
import { ABI } from "../ring/layout.ts";
import { BUILD_NOTE } from "./build.ts";

/** The version, the wire it knows and what runs it; one line. */
export function versionText(): string {
  const abi = `${ABI.ABI_MAJOR}.${ABI.ABI_MINOR}`;
  return `ivring_reader ${config.version}${BUILD_NOTE}, ABI ${abi}, ` +
    `Deno ${Deno.version.deno}\n`;
}
