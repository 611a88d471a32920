// SPDX-License-Identifier: MIT
/**
 * A filesystem that is soon full: a small tmpfs. Mounting takes root.
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

/** Why there can be no such disk here; "" if there can. */
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

/** A test that needs one; ignored under a name that says why. */
export function diskTest(name: string, fn: () => Promise<void>): void {
  whyNot ??= whyNoSmallDisk();
  const reason = whyNot === "" ? "" : ` (skipped: ${whyNot})`;
  Deno.test({ name: name + reason, ignore: whyNot !== "", fn });
}

/** A mounted tmpfs. */
export class SmallDisk implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "ivring-disk-" });

  /** @param options As mount(8) takes them: "size=1m". */
  constructor(options: string) {
    try {
      run("mount", "-t", "tmpfs", "-o", options, "tmpfs", this.path);
    } catch (error) {
      Deno.removeSync(this.path);
      throw error;
    }
  }

  /** A path on it. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** A file's text; "" if there is none. */
  read(name: string): string {
    return readIfThere(this.at(name));
  }

  /** Takes so many bytes of its room. */
  ballast(bytes: number): void {
    Deno.writeFileSync(this.at("ballast"), new Uint8Array(bytes));
  }

  /** Takes all the room that is left. */
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

  /** Gives that room back. */
  relief(): void {
    Deno.removeSync(this.at("ballast"));
  }

  [Symbol.dispose](): void {
    run("umount", this.path);
    Deno.removeSync(this.path);
  }
}
