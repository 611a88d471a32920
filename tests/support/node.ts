// SPDX-License-Identifier: MIT
/**
 * Node.js as programs that use the library in `ring/` find it.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

/** What makes JavaScript of TypeScript, for a Node.js that does not. */
export const ESBUILD = "esbuild@0.25.12";

/** Returns what a program prints; null where it is missing or fails. */
function outputOf(program: string, args: readonly string[]): string | null {
  try {
    const { success, stdout } = new Deno.Command(program, {
      args: [...args],
      // One try is enough to learn whether the registry can be reached.
      env: { npm_config_fetch_retries: "0" },
      stdin: "null",
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Tells whether it runs TypeScript, as from 22.18 and from 23.6 on. */
function runsTypeScript(version: string): boolean {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 6) ||
    (major === 22 && minor >= 18);
}

/** How a program in TypeScript is started. */
export interface NodeProgram {
  /** Returns the command, program first. @param out Where a file may be made. */
  command(path: string, out: string): Promise<string[]>;
}

/** Returns a way to start programs, or what is missing for it. */
function findNode(): NodeProgram | { readonly missing: string } {
  const version = outputOf("node", ["--version"]);
  if (version === null) return { missing: "node" };
  if (runsTypeScript(version)) {
    return { command: (path) => Promise.resolve(["node", path]) };
  }
  const esbuild = ["-y", ESBUILD];
  if (outputOf("npx", [...esbuild, "--version"]) === null) {
    return { missing: ESBUILD };
  }
  return {
    command: async (path, out) => {
      const { success, stderr } = await new Deno.Command("npx", {
        args: [...esbuild, path, ...BUNDLE_OPTIONS, `--outfile=${out}`],
        cwd: ROOT,
        stdin: "null",
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      return ["node", out];
    },
  };
}

/** Makes one file that Node.js runs, as docs/how-to/library.md says. */
export const BUNDLE_OPTIONS: readonly string[] = [
  "--bundle",
  "--platform=node",
  "--format=esm",
];

/**
 * A test that runs a program in Node.js; skipped where it cannot be had, unless
 * IVRING_REQUIRE_NODE=1.
 */
export function nodeTest(
  name: string,
  fn: (node: NodeProgram) => Promise<void>,
): void {
  const found = findNode();
  if ("command" in found) {
    Deno.test(name, () => fn(found));
    return;
  }
  const { missing } = found;
  if (Deno.env.get("IVRING_REQUIRE_NODE") === "1") {
    throw new Error(`IVRING_REQUIRE_NODE=1, but missing: ${missing}`);
  }
  Deno.test({
    name: skippedName(name, missingReason([missing])),
    ignore: true,
    fn: () => {},
  });
}
