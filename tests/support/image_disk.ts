// SPDX-License-Identifier: MIT
/**
 * Mounts a file system in a file, for tests of what differs between file
 * systems. This takes root and a loop device.
 *
 * @module
 */
import { testerUid } from "./users.ts";

const BYTES = 16 << 20;

/** Runs a program; throws unless it succeeds. */
function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

/** A mounted file system. */
export class ImageDisk implements Disposable {
  readonly #folder: string = Deno.makeTempDirSync({ prefix: "ivring-image-" });
  readonly path: string = `${this.#folder}/mounted`;

  /** @param kind Such as "ext4"; there must be a mkfs for it. */
  constructor(kind: string) {
    const image = `${this.#folder}/image`;
    try {
      Deno.mkdirSync(this.path);
      Deno.writeFileSync(image, new Uint8Array(0));
      Deno.truncateSync(image, BYTES);
      run(`mkfs.${kind}`, "-q", image);
      run("mount", "-t", kind, "-o", "loop", image, this.path);
    } catch (error) {
      Deno.removeSync(this.#folder, { recursive: true });
      throw error;
    }
  }

  [Symbol.dispose](): void {
    run("umount", this.path);
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Tells why no such disk can be made here; "" if it can. */
function whyNoImageDisk(): string {
  if (testerUid() !== 0) return "mounting an image takes root";
  try {
    using _disk = new ImageDisk("ext4");
    return "";
  } catch (error) {
    return `no ext4 image can be mounted: ${(error as Error).message}`;
  }
}

let whyNot: string | null = null;

/**
 * Registers a test that needs an ext4 disk. If there can be none, the test is
 * ignored, and its name says why.
 */
export function imageTest(name: string, fn: () => Promise<void>): void {
  whyNot ??= whyNoImageDisk();
  const reason = whyNot === "" ? "" : ` (skipped: ${whyNot})`;
  Deno.test({ name: name + reason, ignore: whyNot !== "", fn });
}
