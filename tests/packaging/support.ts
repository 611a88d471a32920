// SPDX-License-Identifier: MIT
/**
 * Declares tests of building and installing the driver.
 *
 * @module
 */
import { testerUid } from "../support/users.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";
import { findTool, kernelOf, type Series } from "../vm/kernel.ts";
import { findHeaders, type Headers, headersPackage } from "./headers.ts";

const TOOLS: readonly string[] = ["make", "sparse", "modinfo"];

/**
 * The installed headers of a series, such as "6.1", and flavour, or a guest's
 * kernel.
 */
type Wanted =
  | { readonly series: string; readonly flavour: string }
  | { readonly guest: Series };

/** What a test needs. */
export type Needs = Wanted & {
  /** Further programs that it needs. */
  readonly tools?: readonly string[];
  /** Whether it needs root; default false. */
  readonly root?: boolean;
};

function find(needs: Needs): Headers | null {
  return "guest" in needs
    ? kernelOf(needs.guest)
    : findHeaders(needs.series, needs.flavour);
}

function nameOf(needs: Needs): string {
  return "guest" in needs
    ? needs.guest.name
    : `${needs.series} ${needs.flavour}`;
}

function whatIsMissing(needs: Needs, headers: Headers | null): string[] {
  const { tools = [], root = false } = needs;
  const prefix = "guest" in needs ? needs.guest.architecture.toolPrefix : "";
  const missing = [`${prefix}gcc`, ...TOOLS, ...tools].filter((tool) =>
    findTool(tool) === null
  );
  if (headers === null) {
    missing.push(
      "guest" in needs
        ? `the kernel ${needs.guest.name} (deno task setup:vm)`
        : headersPackage(needs.series, needs.flavour),
    );
  }
  if (root && testerUid() !== 0) missing.push("root's rights");
  return missing;
}

/**
 * Declares a test. If something that it needs is missing, the test is skipped,
 * and its name says what is missing; with IVRING_REQUIRE_PACKAGING=1 it fails
 * instead.
 */
export function packagingTest(
  name: string,
  needs: Needs,
  fn: (headers: Headers) => Promise<void>,
): void {
  const fullName = `${name}: Linux ${nameOf(needs)}`;
  const headers = find(needs);
  const missing = whatIsMissing(needs, headers);
  const required = Deno.env.get("IVRING_REQUIRE_PACKAGING") === "1";
  Deno.test({
    name: skippedName(fullName, missingReason(missing)),
    ignore: missing.length > 0 && !required,
    fn: async () => {
      if (headers === null || missing.length > 0) {
        throw new Error(`IVRING_REQUIRE_PACKAGING=1, but missing: ${missing}`);
      }
      await fn(headers);
    },
  });
}
