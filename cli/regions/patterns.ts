// SPDX-License-Identifier: MIT
/**
 * Patterns for names of objects, as in a shell: `*`, `?`, `[a-z]`, `[!a-z]`.
 *
 * @module
 */
import { shmName } from "../../ffi/shm_object.ts";
import { ValueError } from "../errors.ts";

/** Tells whether a value of -s is a pattern. */
export function isPattern(name: string): boolean {
  return /[*?[]/.test(name);
}

/**
 * Checks a value of -s: it has to be a possible name of an object, or a
 * pattern.
 *
 * @returns The same text.
 * @throws {ValueError}
 */
export function objectWord(text: string): string {
  try {
    shmName(text); // a pattern cannot have a slash inside, either
    if (isPattern(text)) matcher(text);
    return text;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ValueError(error.message, { cause: error });
  }
}

/** Tells whether a name, with or without its slash, matches. */
export type Matcher = (name: string) => boolean;

/**
 * Makes the matcher of a pattern, by the rules of glob(7): the whole name has
 * to match, and a dot at its beginning matches only a dot in the pattern.
 *
 * @param pattern Given like a name: "NAME", "/NAME", or its path.
 * @throws {RangeError} if it is not a valid pattern, such as "[z-a]", or if no
 * object can have such a name.
 */
export function matcher(pattern: string): Matcher {
  const bare = shmName(pattern).slice(1);
  const expression = expressionOf(bare);
  return (name) => {
    const file = name.replace(/^\//, "");
    if (file.startsWith(".") && !bare.startsWith(".")) return false;
    return expression.test(file);
  };
}

function expressionOf(pattern: string): RegExp {
  const source = pattern.replace(
    /\[(!?)([^\]]+)\]|\*+|[^]/gu,
    (part: string, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not ? "^" : ""}${quoteSet(set)}]`;
      if (part.startsWith("*")) return "[^]*";
      return part === "?" ? "[^]" : part.replace(/[\\^$.+()[\]{}|/]/u, "\\$&");
    },
  );
  try {
    return new RegExp(`^${source}$`, "u");
  } catch (error) {
    throw new RangeError(`"${pattern}" is no pattern`, { cause: error });
  }
}

/** Quotes a set of characters. A dash between two keeps its meaning. */
function quoteSet(set: string): string {
  const quoted = set.replace(/[\\\]^[&]/gu, "\\$&").replace(/\\&/gu, "&");
  return quoted.replace(/^-|-$/gu, "\\-");
}
