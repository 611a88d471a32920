// SPDX-License-Identifier: MIT
/**
 * Whether a mapped object is still what it was: it belongs to the host, which
 * may shorten it or put another in its place.
 *
 * @module
 */
import type { SharedMemory } from "../../ffi/shm.ts";
import { CommandError } from "../errors.ts";
import type { Messages } from "../console/messages.ts";

/** How often the name is looked up. */
const NAME_MS = 1000;

/** Watches one mapped object. */
export class ObjectWatch {
  readonly #memory: SharedMemory;
  readonly #messages: Messages;
  #lookedMs = performance.now();
  #named: ReturnType<SharedMemory["named"]> = "this";

  /** @param memory Stays the caller's. */
  constructor(memory: SharedMemory, messages: Messages) {
    this.#memory = memory;
    this.#messages = messages;
  }

  /**
   * Looks at the size; to be called before each drain, since reading behind
   * the object's end ends the process. What happens after the look is not seen.
   *
   * @returns Why nothing more can be read; null while it can.
   */
  truncation(): CommandError | null {
    const { name, bytes } = this.#memory;
    const now = this.#memory.currentBytes();
    if (now >= bytes) return null;
    return new CommandError(`was truncated to ${now} bytes, of ${bytes}`, {
      subject: name,
      todo: "start the virtual machine and this reader again",
    });
  }

  /**
   * Looks, about once a second, whether the name now stands for another object.
   * Tells once of that.
   */
  replaced(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < NAME_MS) return this.#named === "another";
    this.#lookedMs = nowMs;
    const named = this.#memory.named();
    if (named !== this.#named) this.#tell(named);
    this.#named = named;
    return named === "another";
  }

  /** Whether the name stood for nothing when it was looked up last. */
  get removed(): boolean {
    return this.#named === "nothing";
  }

  #tell(named: ReturnType<SharedMemory["named"]>): void {
    const { name } = this.#memory;
    if (named === "another") {
      this.#messages.note(`${name} was made anew: attaching to the new one`);
    }
  }
}
