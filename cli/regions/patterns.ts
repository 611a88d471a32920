// SPDX-License-Identifier: MIT
/**
 * Names of objects as a shell's patterns: `*`, `?`, `[a-z]`, `[!a-z]`.
 *
 * @module
 */

/** Whether a name given with -s stands for many. */
export function isPattern(name: string): boolean {
  return /[*?[]/.test(name);
}

/** Says whether a name, with or without its slash, matches. */
export type Matcher = (name: string) => boolean;

/**
 * Takes a pattern as glob(7) has it: all of a name has to match, and a dot at
 * its beginning only does if the pattern has it, too.
 *
 * @param pattern With or without the slash of "/NAME".
 * @throws {RangeError} where it is none, such as "[z-a]".
 */
export function matcher(pattern: string): Matcher {
  const bare = pattern.replace(/^\//, "");
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

/** Only a dash between two characters keeps its meaning. */
function quoteSet(set: string): string {
  const quoted = set.replace(/[\\\]^[&]/gu, "\\$&").replace(/\\&/gu, "&");
  return quoted.replace(/^-|-$/gu, "\\-");
}
