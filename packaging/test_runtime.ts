// SPDX-License-Identifier: MIT
/**
 * A runtime for test builds, for when Deno's own cannot be downloaded. It is
 * taken from a program that was compiled with the same Deno and published on
 * npm: what was appended to the runtime is cut off, and the rest is pinned.
 *
 * @module
 */

/** The only Deno version that it fits. */
export const RUNTIME_FOR = "2.7.11";

const PACKAGE = "@stdy/cli-linux-x64";
const VERSION = "0.22.2";
const PROGRAM = "bin/steady";
/** SHA-256 of the runtime without what was appended. */
const SHA256 =
  "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6";

/** Offsets in an ELF64 header; elf(5). */
const ELF = { shoff: 40, shentsize: 58, shnum: 60, size: 64 } as const;

/**
 * Writes the runtime to a file.
 *
 * @param path The file to write, which is made executable.
 * @throws {Error} if the package cannot be downloaded, or has another hash.
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

/** Runs this Deno, and returns its output. */
async function deno(args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`deno ${args[0]}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

/** Finds the program in the cache, which has a folder for each registry. */
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

/** Returns an ELF file up to the end of its section headers, its last part. */
function withoutAppendix(file: Uint8Array<ArrayBuffer>): Uint8Array<
  ArrayBuffer
> {
  const head = new DataView(file.buffer, 0, ELF.size);
  const end = Number(head.getBigUint64(ELF.shoff, true)) +
    head.getUint16(ELF.shentsize, true) * head.getUint16(ELF.shnum, true);
  return file.slice(0, end);
}
