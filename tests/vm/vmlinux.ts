// SPDX-License-Identifier: MIT
/**
 * Extracts the uncompressed kernel from a vmlinuz. QEMU boots it through PVH in
 * less than half the time, because no emulated CPU has to decompress it.
 *
 * @module
 */
import { cacheFolder } from "./cache.ts";
import { findTool, type Kernel } from "./kernel.ts";
import { runAny } from "./run.ts";

/**
 * How distributions pack kernels: the first bytes, and the command that
 * unpacks.
 */
const PACKERS = [
  {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    argv: ["xz", "-dc", "--single-stream", "--format=xz"],
  },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], argv: ["zstd", "-dc", "--quiet"] },
];
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

function startsWith(
  bytes: Uint8Array,
  at: number,
  magic: readonly number[],
): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

function indexOf(
  bytes: Uint8Array,
  magic: readonly number[],
  from: number,
): number {
  let at = bytes.indexOf(magic[0], from);
  while (at >= 0 && !startsWith(bytes, at, magic)) {
    at = bytes.indexOf(magic[0], at + 1);
  }
  return at;
}

async function unpack(
  packed: Uint8Array,
  argv: readonly string[],
): Promise<Uint8Array | null> {
  const file = await Deno.makeTempFile({ prefix: "ivring-vm-" });
  try {
    await Deno.writeFile(file, packed);
    // The commands complain about what follows the stream after they have done
    // their work. Therefore the result counts, and not the status.
    const { stdout } = await runAny([...argv, file]);
    return startsWith(stdout, 0, ELF_MAGIC) ? stdout : null;
  } finally {
    await Deno.remove(file);
  }
}

async function decompress(vmlinuz: string): Promise<Uint8Array | null> {
  const image = await Deno.readFile(vmlinuz);
  for (const { magic, argv } of PACKERS) {
    if (findTool(argv[0]) === null) continue;
    // The same bytes may also occur in the boot code, so a few places are
    // tried.
    let at = indexOf(image, magic, 0);
    for (let tries = 0; at >= 0 && tries < 4; tries++) {
      const vmlinux = await unpack(image.subarray(at), argv);
      if (vmlinux !== null) return vmlinux;
      at = indexOf(image, magic, at + 1);
    }
  }
  return null;
}

/**
 * Returns the file for QEMU's `-kernel`: the uncompressed kernel, which is made
 * once and kept under ~/.cache/ivring-vm. If the vmlinuz is packed in another
 * way, or is booted as it is, its own path is returned.
 */
export async function bootableKernel(kernel: Kernel): Promise<string> {
  if (!kernel.architecture.bootsElf) return kernel.vmlinuz;
  const { size, mtime } = await Deno.stat(kernel.vmlinuz);
  const stamp = `${kernel.release}-${size}-${mtime?.getTime() ?? 0}`;
  const cached = `${cacheFolder()}/vmlinux-${stamp}`;
  try {
    await Deno.stat(cached);
    return cached;
  } catch {
    // not made yet
  }
  const vmlinux = await decompress(kernel.vmlinuz);
  if (vmlinux === null) return kernel.vmlinuz;
  await Deno.mkdir(cacheFolder(), { recursive: true });
  // It is renamed when complete, because another test process may look for it
  // right now.
  const partial = await Deno.makeTempFile({ dir: cacheFolder() });
  await Deno.writeFile(partial, vmlinux);
  await Deno.rename(partial, cached);
  return cached;
}
