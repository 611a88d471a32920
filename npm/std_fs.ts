// SPDX-License-Identifier: MIT
// What fs-extra shares with `@std/fs`; see std_fs.d.ts. Importing fs-extra
// reads environment variables and patches `fs`: that is left until it is used.
import type { CopyOptions, MoveOptions } from "./std_fs.d.ts";

const load = (): Promise<typeof import("./std_fs.d.ts")> =>
  // @ts-types="./std_fs.d.ts"
  import("fs-extra/esm");

export async function copy(
  src: string,
  dest: string,
  options: CopyOptions,
): Promise<void> {
  await (await load()).copy(src, dest, options);
}

export async function emptyDir(dir: string): Promise<void> {
  await (await load()).emptyDir(dir);
}

export async function ensureDir(dir: string): Promise<void> {
  await (await load()).ensureDir(dir);
}

export async function ensureFile(filePath: string): Promise<void> {
  await (await load()).ensureFile(filePath);
}

export async function move(
  src: string,
  dest: string,
  options?: MoveOptions,
): Promise<void> {
  await (await load()).move(src, dest, options);
}
