// SPDX-License-Identifier: MIT
/**
 * The description of one option.
 *
 * @module
 */

/** What an option means. */
export interface OptionWords {
  /** One line for help; the choices, if any, are appended. */
  readonly summary: string;
  /** Further text, for the long help and the reference. */
  readonly details?: string;
}

/** One option. */
export interface OptionSpec extends OptionWords {
  /** One letter, without its dash. */
  readonly short?: string;
  /** Whether it takes a value; a flag takes none. */
  readonly kind: "flag" | "value";
  /** What the value stands for in help; for kind "value" only. */
  readonly argument?: string;
  /** Other meanings, by the names of the commands for which they hold. */
  readonly otherwise?: Readonly<Record<string, OptionWords>>;
  /** The value if not given; see `OptionValues` for those that have none. */
  readonly default?: string;
  /** The only values it takes, in any case. */
  readonly choices?: readonly string[];
  /** Parses a value; without it, the value is its text. @throws {ValueError} */
  readonly parse?: (text: string) => unknown;
  /**
   * What the value "-" means to an option that takes a file: standard output,
   * as if the option was not given, or an error.
   */
  readonly dash?: "stdout" | "refused";
  /**
   * What it does, for people who expected something else; begins with a verb.
   */
  readonly habit?: string;
  /** Whether it may be given several times; the values are then an array. */
  readonly list?: boolean;
  /** Whether it is required by the commands that take it. */
  readonly required?: boolean;
  /** Options that may be given in place of a required one. */
  readonly instead?: readonly string[];
}
/** The meaning of an option's value. */
export type Meaning<Spec> = Spec extends
  { parse: (text: string) => infer Value } ? Value
  : Spec extends { choices: readonly (infer Word)[] } ? Word
  : string;

/**
 * Returns how an option is written.
 *
 * @returns Such as "-s, --shm".
 */
export function flagOf(name: string, spec: OptionSpec): string {
  if (name.length === 1) return `-${name}`;
  return spec.short === undefined ? `--${name}` : `-${spec.short}, --${name}`;
}

/** Returns what an option means to a command. */
export function wordsOf(spec: OptionSpec, command: string): OptionWords {
  const { summary, details } = spec;
  return { summary, details, ...spec.otherwise?.[command] };
}
