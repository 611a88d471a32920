// SPDX-License-Identifier: MIT
/**
 * An object that cannot be read while others are: this is reported once, the
 * object is left out, and it is tried again when it has changed.
 *
 * @module
 */
import { OBJECTS_FOLDER } from "../../ffi/shm_object.ts";
import type { Libc } from "../../ffi/libc.ts";
import { type FileStat, statPath } from "../../ffi/stat.ts";
import { explain } from "../console/explain.ts";
import { complain } from "../console/messages.ts";

/** After how long an object is tried again, even if it is unchanged. */
const RETRY_MS = 10_000;

/** Remembers why an object was left out. */
export class Refusal {
  readonly #libc: Libc;
  readonly #path: string;
  #told = "";
  /** The object that was left out; undefined while none is. */
  #object: FileStat | null | undefined = undefined;
  #retryMs = 0;

  /** @param object Its name, "/NAME" or "NAME". */
  constructor(libc: Libc, object: string) {
    this.#libc = libc;
    this.#path = `${OBJECTS_FOLDER}/${object.replace(/^\//, "")}`;
  }

  /** Leaves it out. @param error Why; not reported twice in a row. */
  tell(error: unknown): void {
    const reason = explain(error);
    if (reason !== this.#told) complain(`${reason}: left out`);
    this.#told = reason;
    this.#object = this.#look();
    this.#retryMs = performance.now() + RETRY_MS;
  }

  /** Tells whether the object is to be tried again. */
  over(): boolean {
    const object = this.#object;
    return object === undefined || !isSame(object, this.#look()) ||
      performance.now() >= this.#retryMs;
  }

  /** Notes that the object can be read. */
  clear(): void {
    this.#object = undefined;
    this.#told = "";
  }

  /** Looks up what has the name; null if there is nothing, or it is hidden. */
  #look(): FileStat | null {
    try {
      return statPath(this.#libc, this.#path);
    } catch {
      return null;
    }
  }
}

/** Tells whether everything by which an object is judged is unchanged. */
function isSame(one: FileStat | null, other: FileStat | null): boolean {
  if (one === null || other === null) return one === other;
  return one.identity === other.identity && one.kind === other.kind &&
    one.bytes === other.bytes && one.links === other.links &&
    one.uid === other.uid && one.mode === other.mode;
}
