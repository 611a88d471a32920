// SPDX-License-Identifier: MIT
/**
 * Fetches the kernels that this machine's own release of Debian does not have,
 * and unpacks each into its folder.
 *
 * @module
 */
import { architectureOf } from "./architecture.ts";
import { findMirror } from "./apt.ts";
import { type Package, Packages, type Suite } from "./fetch.ts";
import { adoptHeaders } from "./headers.ts";
import { folderOf, type Origin, unpackedFolder } from "./origin.ts";
import { run } from "./run.ts";

/** The architecture of the programs that come with the kernels' headers. */
const HOST = "amd64";
/**
 * The suite from which those programs' libraries come: that of the newest suite
 * above.
 */
const LIBRARY_SUITE = "trixie";
const LIBRARIES = ["libc6", "libelf1t64", "libssl3t64", "zlib1g", "libzstd1"];

/** The libraries' folder below an unpacked kernel's folder. */
const LIBRARY_FOLDER = "libraries";

async function first(
  packages: Packages,
  ...wanted: readonly [name: string, architecture: string, suite?: string][]
): Promise<Package> {
  for (const each of wanted) {
    const found = await packages.find(...each);
    if (found !== null) return found;
  }
  throw new Error(`the mirror has no ${wanted.map(([name]) => name)}`);
}

/**
 * Returns the kernel's release, and all that is unpacked besides the libraries.
 */
async function kernelPackages(
  packages: Packages,
  { suite, architecture, headers }: Origin,
): Promise<{ release: string; parts: Package[] }> {
  const { debian } = architecture;
  const newest = await first(packages, [headers, debian, suite]);
  const name = newest.depends.find((each) => /^linux-headers-\d/.test(each));
  if (name === undefined) throw new Error(`${headers} needs no headers`);
  const release = name.slice("linux-headers-".length);
  const own = await first(packages, [name, debian, suite]);
  const shared = own.depends.filter((each) =>
    /^linux-(headers-.*-common(-rt)?|kbuild-.*)$/.test(each)
  );
  const parts = [
    own,
    // Newer releases package the image separately from its modules.
    await first(
      packages,
      [`linux-binary-${release}`, debian, suite],
      [`linux-image-${release}`, debian, suite],
    ),
  ];
  for (const each of shared) {
    parts.push(await first(packages, [each, HOST, suite]));
  }
  return { release, parts };
}

/** Keeps the image, and removes what was packed with it. */
async function takeImage(folder: string, release: string): Promise<void> {
  const image = `${folder}/vmlinuz-${release}`;
  const places = [
    `${folder}/boot/vmlinuz-${release}`,
    `${folder}/usr/lib/modules/${release}/vmlinuz`,
  ];
  for (const place of places) {
    await run(["sh", "-c", 'test ! -e "$0" || mv "$0" "$1"', place, image]);
  }
  await Deno.stat(image);
  for (const name of ["boot", "lib", "usr/lib/modules", "usr/share"]) {
    await run(["rm", "-rf", `${folder}/${name}`]);
  }
}

async function unpackAll(
  packages: Packages,
  origin: Origin,
  folder: string,
): Promise<string> {
  const { release, parts } = await kernelPackages(packages, origin);
  for (const part of parts) await packages.unpack(part, folder);
  await takeImage(folder, release);
  for (const name of LIBRARIES) {
    const library = await first(packages, [name, HOST, LIBRARY_SUITE]);
    await packages.unpack(library, `${folder}/${LIBRARY_FOLDER}`);
  }
  const { debian, toolPrefix } = architectureOf(release);
  if (debian !== HOST) {
    const busybox = await first(packages, ["busybox-static", debian]);
    await packages.unpack(busybox, `${folder}/guest`);
  }
  const final = folderOf(origin);
  const folders = { root: folder, final, libraries: LIBRARY_FOLDER };
  await adoptHeaders(folders, release, toolPrefix);
  return release;
}

/** Returns the suites whose lists are needed. */
function suitesFor({ suite, architecture }: Origin): Suite[] {
  const architectures = [...new Set([HOST, architecture.debian])];
  return [LIBRARY_SUITE, suite].map((name) => ({ name, architectures }));
}

/**
 * Fetches a kernel and puts it into its folder. The folder exists only if all
 * of it is there; what was there before is replaced.
 *
 * @param say Reports what is being done.
 * @throws {Error} if a mirror cannot be reached, or has no such kernel.
 */
export async function fetchKernel(
  origin: Origin,
  say: (text: string) => void,
): Promise<void> {
  const mirror = await findMirror();
  if (mirror === null) {
    throw new Error("apt knows no mirror of Debian; run: apt-get update");
  }
  await Deno.mkdir(unpackedFolder(), { recursive: true });
  const work = await Deno.makeTempDir({ dir: unpackedFolder(), prefix: "." });
  try {
    const { suite, architecture } = origin;
    say(`fetching the newest kernel of ${suite} for ${architecture.debian}`);
    const suites = suitesFor(origin);
    const packages = await Packages.of(suites, mirror, `${work}/apt`);
    const release = await unpackAll(packages, origin, `${work}/kernel`);
    const final = folderOf(origin);
    await run(["rm", "-rf", final]);
    await Deno.rename(`${work}/kernel`, final);
    say(`unpacked Linux ${release} into ${final}`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
