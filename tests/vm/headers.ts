// SPDX-License-Identifier: MIT
/**
 * Makes the headers of a kernel usable that were unpacked, not installed, and
 * that were made for a newer Debian than this one.
 *
 * @module
 */
import { run, runAny } from "./run.ts";

/**
 * Where the packages of headers put the headers, and the tools that these need.
 */
const SOURCES = "usr/src";

/**
 * Definitions of what the kernel's headers use and sparse 0.6.4 does not know.
 * Only sparse reads them, not the compiler.
 */
const FOR_SPARSE = `/* SPDX-License-Identifier: MIT */
#define __typeof_unqual__ __typeof__
#define __builtin_strlen(text) (sizeof(text) - 1)
`;

/**
 * Replaces a script that Debian's headers lack; without it nothing would be
 * checked.
 */
const CHECKER_VALID = "#!/bin/sh\necho 1\n";

/**
 * Options that the kernel's configuration has taken over from its own compiler.
 */
const NEWER_OPTIONS: Readonly<Record<string, string>> = {
  "-fmin-function-alignment=16": "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT",
};

/**
 * The folders that this writes, below the folder where headers were unpacked.
 */
export interface HeaderFolders {
  /** The folder that holds everything. */
  readonly root: string;
  /**
   * The path that the folder will be moved to once it is complete. Files that
   * are written name this path.
   */
  readonly final: string;
  /**
   * The path below the folder of the C library and others that the headers'
   * tools need.
   */
  readonly libraries: string;
}

async function isProgram(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const magic = new Uint8Array(4);
  await file.read(magic);
  return new TextDecoder().decode(magic) === "\x7fELF";
}

async function programsBelow(folder: string): Promise<string[]> {
  const listed = await run(["find", folder, "-type", "f", "-perm", "/111"]);
  const programs: string[] = [];
  for (const path of listed.trim().split("\n")) {
    if (path !== "" && await isProgram(path)) programs.push(path);
  }
  return programs;
}

/**
 * Makes the headers' tools run with the libraries that came with them, because
 * this machine's may be older than the tools need.
 */
async function wrapTools(
  { root, final, libraries }: HeaderFolders,
): Promise<void> {
  const loader = `${final}/${libraries}/usr/lib64/ld-linux-x86-64.so.2`;
  const path = `${final}/${libraries}/usr/lib/x86_64-linux-gnu`;
  for (const program of await programsBelow(`${root}/usr/lib`)) {
    await Deno.rename(program, `${program}.elf`);
    await Deno.writeTextFile(
      program,
      `#!/bin/sh\nexec '${loader}' --argv0 "$0" --library-path '${path}' ` +
        `"$0.elf" "$@"\n`,
      { mode: 0o755 },
    );
  }
}

/**
 * Returns lines for a kernel's Makefile: this machine's compiler, and its
 * sparse.
 */
async function variables(final: string, prefix: string): Promise<string> {
  const lines = [
    // The machine's compiler, whichever it is; Debian's Makefile names a
    // version.
    "override CC = $(CROSS_COMPILE)gcc",
    `override CHECK = sparse -include ${final}/sparse.h`,
    // pahole is used for nothing here, so its version does not matter.
    "override PAHOLE_VERSION = $(CONFIG_PAHOLE_VERSION)",
  ];
  for (const [option, name] of Object.entries(NEWER_OPTIONS)) {
    const known = await runAny([
      ...[`${prefix}gcc`, option, "-fsyntax-only", "-x", "c", "/dev/null"],
    ]).catch(() => ({ code: 1 }));
    if (known.code !== 0) lines.push(`override ${name} =`);
  }
  return lines.join("\n") + "\n";
}

/**
 * Makes unpacked headers usable at their final path.
 *
 * @param release The kernel's release.
 * @param toolPrefix What stands before the compiler's name.
 * @returns The headers' build directory, below the folder.
 */
export async function adoptHeaders(
  folders: HeaderFolders,
  release: string,
  toolPrefix: string,
): Promise<string> {
  const { root, final } = folders;
  const headers = `${SOURCES}/linux-headers-${release}`;
  await wrapTools(folders);
  await Deno.writeTextFile(`${root}/sparse.h`, FOR_SPARSE);
  const makefile = `${root}/${headers}/Makefile`;
  const text = await Deno.readTextFile(makefile);
  const moved = text.replaceAll(`/${SOURCES}/`, `${final}/${SOURCES}/`);
  await Deno.writeTextFile(makefile, moved);
  await Deno.writeTextFile(
    `${root}/${headers}/.kernelvariables`,
    await variables(final, toolPrefix),
    { append: true },
  );
  for await (const { name } of Deno.readDir(`${root}/${SOURCES}`)) {
    if (!/-common(-rt)?$/.test(name)) continue;
    await Deno.writeTextFile(
      `${root}/${SOURCES}/${name}/scripts/checker-valid.sh`,
      CHECKER_VALID,
      { mode: 0o755 },
    );
  }
  return headers;
}
