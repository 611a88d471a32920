// SPDX-License-Identifier: MIT
/**
 * How a test of building and installing the driver is declared.
 *
 * @module
 */
import { testerUid } from "../support/users.ts";
import { findTool } from "../vm/kernel.ts";
import { findHeaders, type Headers, headersPackage } from "./headers.ts";

const TOOLS: readonly string[] = ["make", "gcc", "sparse", "modinfo"];

/** What a test needs. */
export interface Needs {
  /** Of the kernel, such as "6.1". */
  readonly series: string;
  /** Of the kernel, such as "cloud-amd64". */
  readonly flavour: string;
  /** Further programs. */
  readonly tools?: readonly string[];
  /** Whether only root may do it; default false. */
  readonly root?: boolean;
}

function whatIsMissing(needs: Needs, headers: Headers | null): string[] {
  const { series, flavour, tools = [], root = false } = needs;
  const missing = [...TOOLS, ...tools].filter((tool) =>
    findTool(tool) === null
  );
  if (headers === null) missing.push(headersPackage(series, flavour));
  if (root && testerUid() !== 0) missing.push("root's rights");
  return missing;
}

/**
 * Declares a test. Where something is missing for it the test is skipped, its
 * name telling what; with IVRING_REQUIRE_PACKAGING=1 it fails instead.
 */
export function packagingTest(
  name: string,
  needs: Needs,
  fn: (headers: Headers) => Promise<void>,
): void {
  const fullName = `${name}: Linux ${needs.series} ${needs.flavour}`;
  const headers = findHeaders(needs.series, needs.flavour);
  const missing = whatIsMissing(needs, headers);
  const required = Deno.env.get("IVRING_REQUIRE_PACKAGING") === "1";
  Deno.test({
    name: missing.length === 0
      ? fullName
      : `${fullName} (skipped: missing: ${missing.join(", ")})`,
    ignore: missing.length > 0 && !required,
    fn: async () => {
      if (headers === null || missing.length > 0) {
        throw new Error(`IVRING_REQUIRE_PACKAGING=1, but missing: ${missing}`);
      }
      await fn(headers);
    },
  });
}
