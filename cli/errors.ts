// SPDX-License-Identifier: MIT
/**
 * Errors of the command line. `main.ts` maps them to exit codes.
 *
 * @module
 */

/** The command line is wrong; the message names the flag. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** Long name of the wrong option, without dashes; "" for none. */
  readonly option: string;

  /** @param message Names the flag. @param option As the member. */
  constructor(message: string, option = "") {
    super(message);
    this.option = option;
  }
}

/**
 * The value of an option makes no sense. The message does not name the option:
 * whoever parses it does.
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

/** It cannot go on; the message names the thing and what to do. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** What it is about; "" where the reason says that. */
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

/** Joins the parts of a message that are not empty. */
export function sentence(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(": ");
}

/** Records were lost, and that was to end the program. Exit code 3. */
export class LossError extends Error {
  override readonly name = "LossError";
}
