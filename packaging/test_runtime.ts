// SPDX-License-Identifier: MIT
/**
 * A runtime for test builds, where Deno's own cannot be downloaded: the one in
 * a program that somebody compiled with the same Deno and published on npm.
 * What was appended to that program is cut off, and the rest is pinned.
 *
 * @module
 */

/** The one Deno version it fits. */
export const RUNTIME_FOR = "2.7.11";

const PACKAGE = "@stdy/cli-linux-x64";
const VERSION = "0.22.2";
const PROGRAM = "bin/steady";
/** SHA-256 of the runtime, cut out. */
const SHA256 =
  "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6";

/** Offsets in an ELF64 header; elf(5). */
const ELF = { shoff: 40, shentsize: 58, shnum: 60, size: 64 } as const;

/**
 * Writes the runtime to a file.
 *
 * @param path Where to; made executable.
 * @throws {Error} where the package cannot be had, or is not what was pinned.
 */
export async function testRuntime(path: string): Promise<void> {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") {
    throw new Error(`there is no test runtime for ${Deno.build.target}`);
  }
  await deno([
    "cache",
    "--no-config",
    "--no-lock",
    `npm:${PACKAGE}@${VERSION}`,
  ]);
  const { npmCache } = JSON.parse(
    await deno(["info", "--no-config", "--json"]),
  ) as { npmCache: string };
  const runtime = withoutAppendix(await Deno.readFile(find(npmCache)));
  const digest = await crypto.subtle.digest("SHA-256", runtime);
  const found = new Uint8Array(digest).toHex();
  if (found !== SHA256) {
    throw new Error(`${PACKAGE}@${VERSION} is not the one that was pinned`);
  }
  await Deno.writeFile(path, runtime, { mode: 0o755 });
}

/** Runs this Deno; its output. */
async function deno(args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`deno ${args[0]}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

/** The cache has a folder for each registry it was filled from. */
function find(npmCache: string): string {
  for (const registry of Deno.readDirSync(npmCache)) {
    const path =
      `${npmCache}/${registry.name}/${PACKAGE}/${VERSION}/${PROGRAM}`;
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`${PACKAGE}@${VERSION} has no ${PROGRAM}`);
}

/** An ELF file up to the end of its section headers, which come last. */
function withoutAppendix(file: Uint8Array<ArrayBuffer>): Uint8Array<
  ArrayBuffer
> {
  const head = new DataView(file.buffer, 0, ELF.size);
  const end = Number(head.getBigUint64(ELF.shoff, true)) +
    head.getUint16(ELF.shentsize, true) * head.getUint16(ELF.shnum, true);
  return file.slice(0, end);
}
