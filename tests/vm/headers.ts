// SPDX-License-Identifier: MIT
/**
 * Headers of a kernel that were unpacked, not installed, and made for a newer
 * Debian than this: what it takes to build with them where they are.
 *
 * @module
 */
import { run, runAny } from "./run.ts";

/** Where the packages of headers have themselves, and the tools they need. */
const SOURCES = "usr/src";

/**
 * What kernels' headers use and sparse 0.6.4 does not know. It only reads: the
 * compiler sees neither.
 */
const FOR_SPARSE = `/* SPDX-License-Identifier: MIT */
#define __typeof_unqual__ __typeof__
#define __builtin_strlen(text) (sizeof(text) - 1)
`;

/** Debian's headers come without it, and then nothing is checked. */
const CHECKER_VALID = "#!/bin/sh\necho 1\n";

/** Options that a kernel's configuration has from the compiler it was built by. */
const NEWER_OPTIONS: Readonly<Record<string, string>> = {
  "-fmin-function-alignment=16": "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT",
};

/** Folders that this writes, below the folder where headers were unpacked. */
export interface HeaderFolders {
  /** All of it. */
  readonly root: string;
  /** Where it will be moved, complete: what is written names this. */
  readonly final: string;
  /** Below it: the C library, and others, that the headers' tools need. */
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
 * Makes the headers' tools run with the libraries that came with them: this
 * machine's may be older than they need.
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

/** Lines for a kernel's Makefile: this machine's compiler, and its sparse. */
async function variables(final: string, prefix: string): Promise<string> {
  const lines = [
    // Whichever the machine has; Debian's names the version.
    "override CC = $(CROSS_COMPILE)gcc",
    `override CHECK = sparse -include ${final}/sparse.h`,
    // It is used for nothing here, so its version does not matter.
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
 * Makes unpacked headers usable where they will be.
 *
 * @param release Of the kernel.
 * @param toolPrefix Before the compiler's name.
 * @returns Their build directory, below the folder.
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
