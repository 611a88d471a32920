// SPDX-License-Identifier: MIT
/**
 * Errors of the command line. `main.ts` maps them to exit codes.
 *
 * @module
 */

/** Reports that the command line is wrong, with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** Long name of the wrong option, without dashes; "" for none. */
  readonly option: string;

  /**
   * @param message The text, which names the option.
   * @param option Long name of the wrong option, without dashes; "" for none.
   */
  constructor(message: string, option = "") {
    super(message);
    this.option = option;
  }
}

/**
 * Reports that an option's value is invalid. The message does not name the
 * option, because a parser does not know which option its value is for.
 */
export class ValueError extends Error {
  override readonly name = "ValueError";
}

/** What a {@linkcode CommandError} is about. */
export interface About extends ErrorOptions {
  /** What it is about, such as an object's name or a path; "" for nothing. */
  readonly subject?: string;
  /** What to do about it. */
  readonly todo?: string;
}

/**
 * Reports that a command cannot go on, with exit code 1. The message names what
 * it is about, and says what to do.
 */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** What it is about; "" if the reason says so. */
  readonly subject: string;
  /** Why, and what to do, without the subject. */
  readonly reason: string;

  /**
   * @param reason Why it cannot go on, worded to follow the subject.
   * @param about Other parts of the message, which names the subject once.
   */
  constructor(
    reason: string,
    { subject = "", todo = "", ...options }: About = {},
  ) {
    const text = sentence(reason, todo);
    super(sentence(subject, text), options);
    this.subject = subject;
    this.reason = text;
  }
}

/** Joins the parts of a message that are not empty, with colons. */
export function sentence(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(": ");
}

/** Reports that records were lost, and ends the program with exit code 3. */
export class LossError extends Error {
  override readonly name = "LossError";
}
