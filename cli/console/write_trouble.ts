// SPDX-License-Identifier: MIT
/**
 * Trouble with writing that may pass, above all a full disk.
 *
 * @module
 */
import { complain } from "./messages.ts";

/** Errors that may pass: room can be made, a quota raised, a disk come back. */
const PASSING: readonly string[] = ["ENOSPC", "EDQUOT", "EIO"];

/** Another kind of trouble that may pass; its message says which. */
export class PassingError extends Error {
  override readonly name = "PassingError";
  /** Whether it was reported already. */
  told = false;
}

/** How long to wait before the next try. */
export const RETRY_MS = 1000;

/**
 * Reports trouble with one kind of writing: once when it begins, and once when
 * it is over.
 */
export class Trouble {
  readonly #subject: string;
  readonly #waits: boolean;
  #reason = "";

  /**
   * @param subject What is written to, as messages name it.
   * @param waits Whether the writer waits until the trouble is over.
   */
  constructor(subject: string, waits = true) {
    this.#subject = subject;
    this.#waits = waits;
  }

  /** Why writing failed the last time; "" if it worked. */
  get reason(): string {
    return this.#reason;
  }

  /**
   * Takes note that writing failed, and reports it unless it had failed before.
   *
   * @throws `error` itself, if waiting will not help or is not wanted.
   */
  met(error: unknown): void {
    if (!(this.#waits && passes(error))) throw error;
    const { message } = error;
    const told = error instanceof PassingError && error.told;
    if (this.#reason === "" && !told) {
      complain(`${message}: trying again until it works`);
    }
    this.#reason = message;
  }

  /** Takes note that writing worked, and reports it if it had failed before. */
  over(): void {
    if (this.#reason === "") return;
    this.#reason = "";
    complain(`${this.#subject}: written again`);
  }
}

/** Tells whether an error is trouble that may pass. */
export function passes(error: unknown): error is Error {
  const { code } = error as { code?: unknown };
  return error instanceof PassingError ||
    (error instanceof Error && PASSING.includes(code as string));
}
