// SPDX-License-Identifier: MIT
/**
 * Trouble with writing that may pass: a full disk, most of all.
 *
 * @module
 */
import { complain } from "./messages.ts";

/** Room can be made, a quota raised, a disk come back. */
const PASSING: readonly string[] = ["ENOSPC", "EDQUOT", "EIO"];

/** Another kind of trouble that may pass; its message says which. */
export class PassingError extends Error {
  override readonly name = "PassingError";
  /** Whether it was reported already. */
  told = false;
}

/** How long to wait before the next try. */
export const RETRY_MS = 1000;

/** One kind of writing: tells once of its trouble, and once when it is over. */
export class Trouble {
  readonly #subject: string;
  readonly #waits: boolean;
  #reason = "";

  /**
   * @param subject What is written to, for people.
   * @param waits Whether the writer waits until the trouble is over.
   */
  constructor(subject: string, waits = true) {
    this.#subject = subject;
    this.#waits = waits;
  }

  /** Why it did not work the last time; "" if it did. */
  get reason(): string {
    return this.#reason;
  }

  /**
   * It did not work.
   *
   * @throws `error` itself, if waiting will not help.
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

  /** It worked. */
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
