// SPDX-License-Identifier: MIT
/**
 * Copies the sources with something changed. Such a copy is a control: it shows
 * that a test notices if a guard is missing.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";

/** A replacement in a source file that must occur in it exactly once. */
export interface Change {
  find: string;
  replace: string;
}

/**
 * Applies a change to source text.
 *
 * @throws {Error} unless the text to be replaced occurs exactly once.
 */
export function apply(text: string, change: Change): string {
  const parts = text.split(change.find);
  if (parts.length !== 2) {
    throw new Error(
      `expected "${change.find}" once, found it ${parts.length - 1} times`,
    );
  }
  return parts.join(change.replace);
}

/**
 * Copies a folder of sources, including its subfolders.
 *
 * @param source Path relative to the repository.
 * @param target The folder, which is made here.
 * @param changes By file, relative to the repository.
 * @throws {Error} as {@linkcode apply}.
 */
export function copySources(
  source: string,
  target: string,
  changes: Readonly<Record<string, readonly Change[]>>,
): void {
  Deno.mkdirSync(target);
  for (const { name, isDirectory } of Deno.readDirSync(`${ROOT}/${source}`)) {
    const path = `${source}/${name}`;
    if (isDirectory) copySources(path, `${target}/${name}`, changes);
    else if (name.endsWith(".ts")) {
      copySource(path, `${target}/${name}`, changes);
    }
  }
}

/**
 * Copies one source file.
 *
 * @param path Path relative to the repository.
 * @param target The copy.
 * @throws {Error} as {@linkcode apply}.
 */
export function copySource(
  path: string,
  target: string,
  changes: Readonly<Record<string, readonly Change[]>>,
): void {
  const text = Deno.readTextFileSync(`${ROOT}/${path}`);
  Deno.writeTextFileSync(target, (changes[path] ?? []).reduce(apply, text));
}
