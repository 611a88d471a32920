// SPDX-License-Identifier: MIT
/**
 * An object that cannot be read while others are: told once, left out, and
 * tried again when it is another one.
 *
 * @module
 */
import { OBJECTS_FOLDER } from "../../ffi/shm_object.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statPath } from "../../ffi/stat.ts";
import { complain } from "../messages.ts";

/** Tried again all the same: its guest may have formatted it anew. */
const RETRY_MS = 10_000;

/** Remembers why an object was left out. */
export class Refusal {
  readonly #libc: Libc;
  readonly #path: string;
  #told = "";
  #object: string | null = null;
  #retryMs = 0;

  /** @param object Its name, "/NAME" or "NAME". */
  constructor(libc: Libc, object: string) {
    this.#libc = libc;
    this.#path = `${OBJECTS_FOLDER}/${object.replace(/^\//, "")}`;
  }

  /** Leaves it out. @param error Why; told unless that was just told. */
  tell(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#told) complain(`${reason}: left out`);
    this.#told = reason;
    this.#object = this.#look();
    this.#retryMs = performance.now() + RETRY_MS;
  }

  /** Whether it is worth another try. */
  over(): boolean {
    return this.#object === null || this.#object !== this.#look() ||
      performance.now() >= this.#retryMs;
  }

  /** It can be read. */
  clear(): void {
    this.#object = null;
    this.#told = "";
  }

  /** What there is by the name: different for what may be judged differently. */
  #look(): string {
    try {
      const stat = statPath(this.#libc, this.#path);
      return JSON.stringify(stat);
    } catch {
      return "";
    }
  }
}
