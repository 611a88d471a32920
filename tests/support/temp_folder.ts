// SPDX-License-Identifier: MIT
/**
 * Makes a folder for a test's files, which is removed afterwards.
 *
 * @module
 */

/** A new folder. */
export class TempFolder implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "ivring-test-" });

  /** Returns a path in the folder. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Writes a file, and returns its path. */
  write(name: string, text: string): string {
    Deno.writeTextFileSync(this.at(name), text);
    return this.at(name);
  }

  /** Returns a file's text; "" if there is none. */
  read(name: string): string {
    return readIfThere(this.at(name));
  }

  /** Returns the names in the folder, sorted. */
  names(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Returns a file's text; "" if there is none. */
export function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Longer than anything takes on a loaded machine, in ms. */
const LIMIT_MS = 60_000;

/**
 * Waits until something holds.
 *
 * @throws {Error} if it does not hold in time.
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const startMs = performance.now();
  while (!await holds()) {
    if (performance.now() - startMs > LIMIT_MS) {
      throw new Error(`never came true: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
