// SPDX-License-Identifier: MIT
/**
 * Watches whether a mapped object is still what it was: processes of this host
 * may truncate it, or put another object in its place.
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

  /** @param memory The mapped object, which the caller closes. */
  constructor(memory: SharedMemory, messages: Messages) {
    this.#memory = memory;
    this.#messages = messages;
  }

  /**
   * Checks the size. Has to be called before each drain, because reading beyond
   * the object's end ends the process. A later change of the size is not seen.
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
   * Tells whether the name now stands for another object, which is looked up
   * about once a second, and reported once.
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
