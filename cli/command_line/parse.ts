// SPDX-License-Identifier: MIT
/**
 * Turns the arguments into a command and its options.
 *
 * @module
 */
import { OBJECTS_FOLDER } from "../../ffi/shm_object.ts";
import type { Command } from "../commands/command.ts";
import { COMMANDS, DEFAULT_COMMAND } from "../commands/mod.ts";
import { UsageError } from "../errors.ts";
import { blame, completed, type ConfigLine } from "./config.ts";
import { checkFits } from "./fitting.ts";
import { valuesOf } from "./option_values.ts";
import { type Given, parseArguments } from "./parse_arguments.ts";
import { meantCommand } from "./habits.ts";
import { OPTIONS, type OptionValues } from "../arguments/options.ts";
import { didYouMean } from "../console/did_you_mean.ts";

/** What the command line asks for. */
export interface Parsed {
  readonly command: Command;
  /** Whether the command line names the command. */
  readonly named: boolean;
  readonly options: OptionValues;
  /** File and line of each option that comes from the configuration file. */
  readonly origins: ReadonlyMap<string, string>;
  /** Options of that file that do not fit, and why, one sentence each. */
  readonly leftOut: readonly string[];
}

/** Options that say what is read. */
const SOURCES = ["shm", ...OPTIONS.shm.instead] as const;

/**
 * Parses the arguments. If help or the version is asked for, only the names of
 * the options have to be right; the caller prints the text.
 *
 * @param config Reads the configuration file; not called if that is unwanted.
 * @throws {UsageError} naming the flag.
 */
export function parseCommandLine(
  args: readonly string[],
  config: () => readonly ConfigLine[] = () => [],
): Parsed {
  const given = parseArguments(args);
  const words = takeWords(given);
  const command = commandOf(words[0]);
  const named = command !== null;
  if (given.h || given.help || given.version) {
    return {
      command: command ?? DEFAULT_COMMAND,
      named,
      options: valuesOf(given, null),
      origins: new Map(),
      leftOut: [],
    };
  }
  const objects = named ? words.slice(1) : words;
  if (objects.length > 0) takeObjects(given, objects, command);
  const chosen = command ?? DEFAULT_COMMAND;
  takeHabits(given, chosen);
  const lines = given["no-config"] ? [] : config();
  const { given: all, ...rest } = completed(given, lines, chosen);
  const options = valuesOf(all, chosen);
  try {
    checkFits(all, chosen.options);
  } catch (error) {
    throw new UsageError(blame(error, rest.origins));
  }
  return { command: chosen, named, options, ...rest };
}

/** Finds a command by its name in any case; null if there is none. */
function commandOf(word: string | undefined): Command | null {
  const wanted = word?.toLowerCase();
  return COMMANDS.find(({ name }) => name === wanted) ?? null;
}

/**
 * Removes options that ask for what the command does anyway, and replaces
 * --format if the command has --json instead.
 */
function takeHabits(given: Given, { implied, options }: Command): void {
  for (const name of implied ?? []) given[name] = undefined;
  if (!options.includes("json") || given.format === undefined) return;
  const format = String(given.format).toLowerCase();
  if (!OPTIONS.format.choices.includes(format)) return;
  given.format = undefined;
  if (format === "json") given.json = true;
}

/**
 * Takes the words that are not options. "help" and "version" mean the same as
 * --help and --version.
 *
 * @returns The other words; a command's name, if there is one, comes first.
 * @throws {UsageError} if help is wanted for an unknown command.
 */
function takeWords(given: Given): string[] {
  const words = given._ as string[];
  const [first, second] = words.map((word) => word.toLowerCase());
  if (first === "version") given.version = true;
  else if (first === "help") {
    given.help = true;
    // "help help" and "help version" print the help of the whole program.
    const ofProgram = second === "help" || second === "version";
    if (second !== undefined && !ofProgram && commandOf(second) === null) {
      throw unknownCommand(words.slice(1));
    }
    return words.slice(1);
  } else if (second === "help" && commandOf(first) !== null) given.help = true;
  return words;
}

/**
 * Takes the words after a command's name as objects, if no option says what is
 * read. Without a command, the first word has to begin with a slash, because
 * otherwise it may be a mistyped command.
 *
 * @throws {UsageError} saying what may be meant.
 */
function takeObjects(
  given: Given,
  words: string[],
  command: Command | null,
): void {
  const { name, options } = command ?? DEFAULT_COMMAND;
  // An option that the command does not take is refused later, for that reason.
  const source = SOURCES.find((each) => given[each] && options.includes(each));
  const [word] = words;
  if (command === null && !word.startsWith("/") && source === undefined) {
    throw unknownCommand(words);
  }
  if (!options.includes("shm")) {
    throw unexpected(word, `${name} takes no objects`);
  }
  if (source !== undefined) {
    const tip = command === null ? didYouMean(word, COMMAND_WORDS) : "";
    throw unexpected(word, insteadOfWord(source, given, word) + tip);
  }
  const path = words.find((each) => isPath(each));
  if (path !== undefined && options.includes("image")) {
    throw unexpected(
      path,
      options.includes("trace") && isFolder(path)
        ? `a trace that record made is given as --trace ${path}`
        : `a copy in a file is given as --image ${path}`,
    );
  }
  given.shm = words;
}

/** Returns why a word is no object if an option says what is read. */
function insteadOfWord(
  source: typeof SOURCES[number],
  given: Given,
  word: string,
): string {
  const values = [given[source]].flat();
  // In "dump vm1 --shm", for example, the name stands before its option.
  if (source === "shm" && values.includes("")) {
    return `put it behind the option: -s ${word}`;
  }
  if (source === "shm" || source === "server") {
    return "each object takes -s, --shm";
  }
  return `an object and --${source} do not go together: give one of them`;
}

/** Tells whether a path is a directory that this user may see. */
function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Tells whether a word is a path, other than that of an object. */
function isPath(word: string): boolean {
  return word.replace(`${OBJECTS_FOLDER}/`, "").replace(/^\//, "").includes(
    "/",
  );
}

function unexpected(word: string, why: string): UsageError {
  return new UsageError(
    `unexpected argument "${word}"${emptyNote(word)}: ${why}`,
  );
}

/** Words that stand for a command. */
const COMMAND_WORDS: readonly string[] = [
  ...COMMANDS.map(({ name }) => name),
  "help",
  "version",
];

/**
 * Returns the error for an unknown command, the first of these words. It says
 * what may be meant.
 */
function unknownCommand([word, ...objects]: readonly string[]): UsageError {
  const names = COMMAND_WORDS.join(", ");
  const tip = meantCommand(word, objects) || didYouMean(word, COMMAND_WORDS) ||
    `; an object is given as -s ${word}`;
  const said = emptyNote(word) || `: there are ${names}${tip}`;
  return new UsageError(`unknown command "${word}"${said}`);
}

function emptyNote(word: string): string {
  return word === "" ? " (an empty variable?)" : "";
}
