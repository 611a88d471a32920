// SPDX-License-Identifier: MIT
/**
 * Brings the ways in which people write arguments into one form, and suggests
 * what to give instead of an unknown one.
 *
 * @module
 */
import { COMMANDS } from "../commands/mod.ts";
import { UsageError } from "../errors.ts";
import { flagOf, OPTIONS, type OptionSpec } from "../arguments/options.ts";
import { closest } from "../console/did_you_mean.ts";

const SPECS = Object.entries<OptionSpec>(OPTIONS);

/** Options of other tools, and how to get the same here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "follow": "following needs no option",
  "F": "following needs no option",
  "no-color": "give --color never",
  "no-follow": "give --once",
  "tail": "give -n, --lines LINES",
  "name": "give -s, --shm NAME",
  "priority": "give --level LEVEL",
  "p": "give --level LEVEL",
  "utc": "give --time utc",
  "debug": "give -v, --verbose",
  "?": "give -h or --help",
};

/** Commands of other tools, and those that do the same here. */
const COMMANDS_ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  "ls": ["list"],
  "ps": ["list"],
  "status": ["list", "info"],
  "domstate": ["list", "info"],
  "dominfo": ["info"],
  "show": ["info", "dump"],
  "stat": ["info"],
  "tail": ["read", "dump"],
  "follow": ["read"],
  "watch": ["read"],
  "console": ["read"],
  "logs": ["dump", "read"],
  "log": ["dump", "read"],
  "cat": ["dump", "read"],
  "print": ["dump"],
  "dmesg": ["dump"],
  "report": ["dump"],
  "export": ["convert"],
};

/**
 * Returns the end of a message about a word that is a command of another tool.
 *
 * @param objects The words after it.
 * @returns Such as "; did you mean read vm1, or dump vm1?"; "" if the word is
 * no such command.
 */
export function meantCommand(
  word: string,
  objects: readonly string[],
): string {
  const name = word.toLowerCase();
  if (!Object.hasOwn(COMMANDS_ELSEWHERE, name)) return "";
  const calls = COMMANDS_ELSEWHERE[name].map((command) => {
    const takes = COMMANDS.find((each) => each.name === command)?.options
      .includes("shm");
    return [command, ...(takes ? objects : [])].join(" ");
  });
  return `; did you mean ${calls.join(", or ")}?`;
}

/** Finds the option with this letter, and its name; null if there is none. */
function ofLetter(letter: string): readonly [string, OptionSpec] | null {
  return SPECS.find(([name, { short }]) =>
    short === letter || name === letter
  ) ??
    null;
}

/**
 * Brings options into the forms "--name" and "--name=value", and moves all
 * words to the end, after "--". Otherwise the parser would take a word "true"
 * or "false" after a flag for the flag's value. Words and unknown options stay
 * as they are.
 *
 * @throws {UsageError} if a flag has a value, or if letters that are written
 * together are ambiguous.
 */
export function normalized(args: readonly string[]): string[] {
  const done: string[] = [];
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    if (isWord(arg)) {
      words.push(arg);
      continue;
    }
    // The parser keeps words under the name "_", which must not be an option.
    if (/^--?(no-)?_/.test(arg)) throw unknownOption(arg);
    const next = args[i + 1];
    const parts = arg.startsWith("--")
      ? longForm(inLowerCase(arg))
      : letters(arg);
    const last = parts.at(-1)!;
    const spec = last.startsWith("--") && specOf(last.slice(2));
    const wantsValue = spec && spec.kind === "value";
    if (wantsValue && next !== undefined && isValue(next)) {
      parts[parts.length - 1] = `${last}=${next}`;
      i++;
    } else if (wantsValue) {
      if (isDashedWord(next) && !args.some(asksHelp)) {
        throw needsEquals(last.slice(2), spec, next);
      }
      parts[parts.length - 1] = `${last}=`;
    }
    done.push(...parts);
  }
  return [...done, "--", ...words];
}

/** Tells whether an argument is a word; a lone dash is one. */
function isWord(arg: string): boolean {
  return !arg.startsWith("-") || arg === "-";
}

function specOf(name: string): OptionSpec | null {
  return SPECS.find(([each]) => each === name)?.[1] ?? null;
}

/** Tells whether an argument may be a value: "-" and negative numbers may. */
function isValue(arg: string): boolean {
  return !arg.startsWith("-") || arg === "-" || /^-\d/.test(arg);
}

/**
 * Tells whether an argument asks for help or the version: then nothing else has
 * to be right.
 */
function asksHelp(arg: string): boolean {
  return ["-h", "-V", "--help", "--version"].includes(arg);
}

/** Tells whether an argument may be a value with a dash, such as "-vm1". */
function isDashedWord(arg: string | undefined): arg is string {
  return arg !== undefined && /^-[^-][^=]+$/.test(arg);
}

function needsEquals(name: string, spec: OptionSpec, next: string): UsageError {
  return new UsageError(
    `option ${
      flagOf(name, spec)
    } needs a value: ${spec.argument}; if "${next}" ` +
      `is meant, which begins with a dash, put "=" before it`,
    name,
  );
}

/** Puts the name of a long option into lower case, if that makes it known. */
function inLowerCase(arg: string): string {
  const [name] = arg.slice(2).split("=", 1);
  const lower = name.toLowerCase();
  return specOf(lower) === null
    ? arg
    : `--${lower}${arg.slice(2 + name.length)}`;
}

function longForm(arg: string): string[] {
  const equals = arg.indexOf("=");
  const name = equals < 0 ? arg : arg.slice(0, equals);
  if (equals >= 0 && specOf(name.slice(2))?.kind === "flag") {
    throw new UsageError(`option ${name} takes no value`, name.slice(2));
  }
  return [arg];
}

/**
 * Splits an argument of letters into long options. All but the last have to be
 * flags; the last may take a value, which follows its letter.
 */
function letters(arg: string): string[] {
  if (!/^-[^-]/.test(arg)) return [arg];
  const [word] = arg.slice(1).split("=", 1);
  const long = word.toLowerCase();
  if (word.length > 1 && specOf(long) !== null) {
    throw new UsageError(`unknown option -${word}; did you mean --${long}?`);
  }
  const parts: string[] = [];
  for (let i = 1; i < arg.length; i++) {
    const found = ofLetter(arg[i]);
    if (found === null) return [i === 1 ? arg : `-${arg[i]}`];
    const [name, spec] = found;
    const rest = arg.slice(i + 1);
    if (spec.kind === "flag") {
      if (rest.startsWith("=")) {
        throw new UsageError(`option -${arg[i]} takes no value`, name);
      }
      parts.push(`--${name}`);
      continue;
    }
    if (rest === "") return [...parts, `--${name}`];
    if (spec.habit && [...rest].every((each) => ofLetter(each) !== null)) {
      throw new UsageError(
        `option ${arg}: -${arg[i]} ${spec.habit}; for one called "${rest}" ` +
          "put a space before its name",
        name,
      );
    }
    return [...parts, `--${name}=${rest.replace(/^=/, "")}`];
  }
  return parts;
}

/** Returns the error for an unknown option. */
export function unknownOption(arg: string): UsageError {
  const [flag] = arg.split("=", 1);
  const name = flag.replace(/^--?/, "");
  const said = (tip: string) => new UsageError(`unknown option ${flag}${tip}`);
  if (/^\d+$/.test(name)) return said(`; did you mean -n ${name}?`);
  if (Object.hasOwn(ELSEWHERE, name)) return said(`: ${ELSEWHERE[name]}`);
  if (COMMANDS.some((command) => command.name === name)) {
    return said(`; did you mean the command ${name}?`);
  }
  /** Maps each word for an option to the name that is shown. */
  const flags = new Map(
    SPECS.filter(([each]) => each !== "h").flatMap(([each, spec]) => {
      const flag = flagOf(each, spec);
      return [[each, flag], [spec.short ?? each, flag]];
    }),
  );
  const near = closest(name, flags.keys());
  return said(near ? `; did you mean ${flags.get(near)}?` : "; see --help");
}
