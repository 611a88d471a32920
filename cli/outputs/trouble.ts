// SPDX-License-Identifier: MIT
/**
 * Trouble with writing that may pass: a full disk, most of all.
 *
 * @module
 */
import { complain } from "../messages.ts";

/** Room can be made, a quota raised, a disk come back. */
const PASSING: readonly string[] = ["ENOSPC", "EDQUOT", "EIO"];

/** How long to wait before the next try. */
export const RETRY_MS = 1000;

/** One kind of writing: tells once of its trouble, and once when it is over. */
export class Trouble {
  readonly #subject: string;
  #reason = "";

  /** @param subject What is written to, for people. */
  constructor(subject: string) {
    this.#subject = subject;
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
    const { code } = error as { code?: unknown };
    if (!(error instanceof Error && PASSING.includes(code as string))) {
      throw error;
    }
    if (this.#reason === "") {
      complain(`${error.message}: trying again until it works`);
    }
    this.#reason = error.message;
  }

  /** It worked. */
  over(): void {
    if (this.#reason === "") return;
    this.#reason = "";
    complain(`${this.#subject}: written again`);
  }
}
