// SPDX-License-Identifier: MIT
/**
 * Finds the format texts that are judged.
 *
 * @module
 */

/** A format as tracefs has it, and where it is from. */
export interface FormatFile {
  /** The name of the kernel's folder or archive. */
  readonly set: string;
  /** Its subsystem, which is the name of a folder. */
  readonly system: string;
  /** The event's name. */
  readonly name: string;
  /** The text, without the line of the system. */
  readonly text: string;
}

const ARCHIVE = /\.tar(\.\w+)?$/;

/**
 * Reads all files `SYSTEM/EVENT/format` below a folder, or in a tar archive.
 *
 * @throws {Error} if there are none, or if tar fails.
 */
export function readFormats(path: string): FormatFile[] {
  const found: FormatFile[] = [];
  if (!ARCHIVE.test(path)) collect(path, found);
  else {
    const folder = Deno.makeTempDirSync({ prefix: "ivring-formats-" });
    try {
      const { success } = new Deno.Command("tar", {
        args: ["-xf", path, "-C", folder],
      }).outputSync();
      if (!success) throw new Error(`${path}: tar cannot unpack it`);
      for (const { name } of Deno.readDirSync(folder)) {
        collect(`${folder}/${name}`, found);
      }
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  }
  if (found.length === 0) throw new Error(`${path}: has no format files`);
  return found;
}

function collect(folder: string, into: FormatFile[]): void {
  const set = folder.replace(/\/+$/, "").split("/").at(-1)!;
  const visit = (path: string, parts: readonly string[]): void => {
    const entries = [...Deno.readDirSync(path)]
      .toSorted((a, b) => a.name < b.name ? -1 : 1);
    for (const { name, isFile, isDirectory } of entries) {
      if (isDirectory) visit(`${path}/${name}`, [...parts, name]);
      else if (isFile && name === "format" && parts.length >= 2) {
        const text = Deno.readTextFileSync(`${path}/format`);
        const [system, event] = parts.slice(-2);
        into.push({ set, system, name: event, text });
      }
    }
  };
  visit(folder, []);
}
