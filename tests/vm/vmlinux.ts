// SPDX-License-Identifier: MIT
/**
 * The uncompressed kernel inside a vmlinuz: QEMU boots it through PVH in less
 * than half the time, because nothing is decompressed by an emulated CPU.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import { runAny } from "./run.ts";

const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

function startsWith(
  bytes: Uint8Array,
  at: number,
  magic: readonly number[],
): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

/** Where things that take time to make are kept between runs. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? "/tmp";
  const base = Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`;
  return `${base}/ivring-vm`;
}

async function decompress(vmlinuz: string): Promise<Uint8Array | null> {
  const image = await Deno.readFile(vmlinuz);
  let at = image.indexOf(XZ_MAGIC[0]);
  while (at >= 0 && !startsWith(image, at, XZ_MAGIC)) {
    at = image.indexOf(XZ_MAGIC[0], at + 1);
  }
  if (at < 0) return null;
  const packed = await Deno.makeTempFile({ prefix: "ivring-vm-" });
  try {
    await Deno.writeFile(packed, image.subarray(at));
    // What follows the stream makes xz complain after it has done its work.
    const argv = ["xz", "-dc", "--single-stream", "--format=xz", packed];
    const { stdout } = await runAny(argv);
    return startsWith(stdout, 0, ELF_MAGIC) ? stdout : null;
  } finally {
    await Deno.remove(packed);
  }
}

/**
 * The file to give to QEMU's `-kernel`: the uncompressed kernel, made once and
 * kept under ~/.cache/ivring-vm, or the vmlinuz itself where it is packed in
 * another way.
 */
export async function bootableKernel(kernel: Kernel): Promise<string> {
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
  // Renamed when complete: another test process may look for it right now.
  const partial = await Deno.makeTempFile({ dir: cacheFolder() });
  await Deno.writeFile(partial, vmlinux);
  await Deno.rename(partial, cached);
  return cached;
}
