// SPDX-License-Identifier: MIT
/**
 * From arguments to a command and its options.
 *
 * @module
 */
import { OBJECTS_FOLDER } from "../../ffi/shm_object.ts";
import type { Command } from "../commands/command.ts";
import { COMMANDS, DEFAULT_COMMAND } from "../commands/mod.ts";
import { UsageError } from "../errors.ts";
import { blame, completed, type ConfigLine } from "./config.ts";
import { checkFits } from "./fitting.ts";
import { type Given, parseArguments, valuesOf } from "./given.ts";
import { meantCommand } from "./habits.ts";
import { OPTIONS, type OptionValues } from "../arguments/options.ts";
import { didYouMean } from "../console/did_you_mean.ts";

/** What the command line asks for. */
export interface Parsed {
  readonly command: Command;
  /** Whether it names the command. */
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
 * Parses the arguments. Help and version are not acted upon here; where one of
 * them is asked for, nothing else has to be right but the options' names.
 *
 * @param config Reads the options for every command line; called if they are
 * wanted.
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

/** Finds the command of a name, in upper or lower case. */
function commandOf(word: string | undefined): Command | null {
  const wanted = word?.toLowerCase();
  return COMMANDS.find(({ name }) => name === wanted) ?? null;
}

/**
 * Takes options out that say what the command does anyway, and --format where
 * the choice of the format is called --json.
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
 * @throws {UsageError} where help is wanted for an unknown command.
 */
function takeWords(given: Given): string[] {
  const words = given._ as string[];
  const [first, second] = words.map((word) => word.toLowerCase());
  if (first === "version") given.version = true;
  else if (first === "help") {
    given.help = true;
    // These are words for the program itself, and so is its help.
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
 * read. Without a command, only words that cannot be mistyped commands are.
 *
 * @throws {UsageError} saying what may be meant.
 */
function takeObjects(
  given: Given,
  words: string[],
  command: Command | null,
): void {
  const { name, options } = command ?? DEFAULT_COMMAND;
  // One that the command does not take is refused for that reason.
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

/** Says why a word is no object where an option says what is read. */
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

/** Tells whether there is such a directory, and we may see it. */
function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Tells whether a word is a path, but not that of an object. */
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
 * Refuses the first of some words, and says what may be meant.
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
