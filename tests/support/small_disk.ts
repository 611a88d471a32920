// SPDX-License-Identifier: MIT
/**
 * Mounts a small tmpfs, a file system that is soon full. This takes root.
 *
 * @module
 */
import { readIfThere } from "./temp_folder.ts";
import { testerUid } from "./users.ts";

/** Runs a program; throws unless it succeeds. */
function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Tells why no such disk can be made here; "" if it can. */
export function whyNoSmallDisk(): string {
  if (testerUid() !== 0) return "mounting a small tmpfs takes root";
  try {
    using _disk = new SmallDisk("size=64k");
    return "";
  } catch (error) {
    return `no tmpfs can be mounted: ${(error as Error).message.trim()}`;
  }
}

let whyNot: string | null = null;

/**
 * Registers a test that needs such a disk. If there can be none, the test is
 * ignored, and its name says why.
 */
export function diskTest(name: string, fn: () => Promise<void>): void {
  whyNot ??= whyNoSmallDisk();
  const reason = whyNot === "" ? "" : ` (skipped: ${whyNot})`;
  Deno.test({ name: name + reason, ignore: whyNot !== "", fn });
}

/** A mounted tmpfs. */
export class SmallDisk implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "ivring-disk-" });

  /** @param options In the form of mount(8): "size=1m". */
  constructor(options: string) {
    try {
      run("mount", "-t", "tmpfs", "-o", options, "tmpfs", this.path);
    } catch (error) {
      Deno.removeSync(this.path);
      throw error;
    }
  }

  /** Returns a path on the disk. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Returns a file's text; "" if there is none. */
  read(name: string): string {
    return readIfThere(this.at(name));
  }

  /** Takes up this many bytes of the disk. */
  ballast(bytes: number): void {
    Deno.writeFileSync(this.at("ballast"), new Uint8Array(bytes));
  }

  /** Takes up all the room that is left. */
  fill(): void {
    using file = Deno.openSync(this.at("ballast"), {
      write: true,
      create: true,
    });
    const page = new Uint8Array(4096);
    try {
      while (true) file.writeSync(page);
    } catch (error) {
      if (!/ENOSPC|No space/.test(String(error))) throw error;
    }
  }

  /** Frees that room. */
  relief(): void {
    Deno.removeSync(this.at("ballast"));
  }

  [Symbol.dispose](): void {
    run("umount", this.path);
    Deno.removeSync(this.path);
  }
}
