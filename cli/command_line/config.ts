// SPDX-License-Identifier: MIT
/**
 * The configuration file: options for every command line, one on each line.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { ownUid } from "../../ffi/user.ts";
import { COMMANDS } from "../commands/mod.ts";
import { environmentOf } from "../environment.ts";
import { UsageError } from "../errors.ts";
import { explain } from "../console/explain.ts";
import { lackOf, yieldsTo } from "./fitting.ts";
import { checkMeanings } from "./option_values.ts";
import { type Given, parseArguments } from "./parse_arguments.ts";
import { userText } from "../console/users_and_processes.ts";
import { ALWAYS } from "../arguments/options.ts";
import { didYouMean } from "../console/did_you_mean.ts";

/** Where the file is, unless the environment names another. */
const PATH = "/etc/ivring.conf";
/** The environment variable that names another file; if empty, none is read. */
const VARIABLE = "IVRING_CONFIG";
const BYTES_MAX = 65536;
const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;

/**
 * Options that the file may not have, because no option on the command line
 * could undo them. With --once in the file, no reader of this host, such as a
 * service, could follow a guest.
 */
const ONLY_TYPED: readonly string[] = ["once"];

/** An option of the file. */
export interface ConfigLine {
  /** The only command it is for; "" for every command that takes the option. */
  readonly command: string;
  /** Long name of the option. */
  readonly name: string;
  /** True for a flag, an array for an option that may be given repeatedly. */
  readonly value: unknown;
  /** File and line, for messages. */
  readonly origin: string;
}

/**
 * Reads the file of this host, if there is one.
 *
 * @throws {UsageError} naming the file, and the line.
 */
export function hostConfig(): ConfigLine[] {
  const named = environmentOf(VARIABLE);
  if (named === "") return [];
  const path = named ?? PATH;
  const text = readTrusted(path, named !== undefined);
  return text === null ? [] : parseConfig(text, path);
}

/**
 * Reads a file that root or this user wrote and nobody else can have changed.
 *
 * @param required Whether it has to be there.
 * @returns Null if it is not there.
 */
function readTrusted(path: string, required: boolean): string | null {
  const refuse = (why: string) =>
    new UsageError(`${path} ${why}; --no-config leaves it out`);
  try {
    // Checked before it is opened, because opening a FIFO would block.
    if (!Deno.statSync(path).isFile) throw refuse("is no regular file");
    using file = Deno.openSync(path);
    const { uid, mode, size } = file.statSync();
    using libc = new Libc();
    if (uid !== ROOT && uid !== ownUid(libc)) {
      throw refuse(
        `belongs to ${
          userText(libc, uid!)
        }: whose options are taken has to be root or ` +
          "the user who reads",
      );
    }
    if ((mode! & WRITABLE_BY_OTHERS) !== 0) {
      throw refuse(
        "may be written to by others than its owner: take that away with " +
          "chmod go-w",
      );
    }
    if (size > BYTES_MAX) {
      throw refuse(`has ${size} bytes: ${BYTES_MAX} are allowed`);
    }
    const bytes = new Uint8Array(size);
    const count = file.readSync(bytes) ?? 0;
    const text = textOf(bytes.subarray(0, count));
    if (text === null) throw refuse("is no text: a NUL, or invalid UTF-8");
    return text;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      if (!required) return null;
      throw new UsageError(`${VARIABLE}: there is no file ${path}`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw refuse("may not be read by this user");
    }
    throw refuse("cannot be read");
  }
}

/** Decodes a text; returns null for invalid UTF-8, or a text with a NUL. */
function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

/**
 * Parses such a file. Lines are options as on the command line; those below a
 * line "[NAME]" are for that command only. A # at the beginning of a line, or
 * after white space, begins a comment.
 *
 * @param path The file's path, for messages.
 * @throws {UsageError} naming file and line.
 */
export function parseConfig(text: string, path: string): ConfigLine[] {
  const lines: ConfigLine[] = [];
  let command = "";
  for (const [i, whole] of text.split("\n").entries()) {
    const line = whole.replace(/(^|\s)#.*$/s, "").trim();
    const origin = `${path}:${i + 1}`;
    if (line === "") continue;
    try {
      if (line.startsWith("[")) command = sectionName(line);
      else {
        for (const each of optionLines(line, command, origin)) {
          checkFirst(each, lines);
          lines.push(each);
        }
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${origin}: ${error.message}`, error.option);
    }
  }
  return lines;
}

/** Checks that a section does not give an option two values. */
function checkFirst(line: ConfigLine, before: readonly ConfigLine[]): void {
  const other = before.find(({ command, name }) =>
    command === line.command && name === line.name
  );
  if (other === undefined || typeof line.value !== "string") return;
  if (line.value === other.value) return;
  throw new UsageError(
    `option --${line.name} has another value in ${other.origin}: give it once`,
    line.name,
  );
}

function sectionName(line: string): string {
  const name = /^\[\s*([^\]]*?)\s*\]$/.exec(line)?.[1].toLowerCase() ?? line;
  const names = COMMANDS.map((command) => command.name);
  if (names.includes(name)) return name;
  throw new UsageError(
    `"${line}" is no command: there are ${
      names.map((each) => `[${each}]`).join(", ")
    }${didYouMean(name, names)}`,
  );
}

function optionLines(
  line: string,
  command: string,
  origin: string,
): ConfigLine[] {
  if (!line.startsWith("-")) {
    const option = `--${line.replace(/\s*=\s*/, " ")}`;
    throw new UsageError(`"${line}" is no option; is ${option} meant?`);
  }
  const given = parseArguments(argumentsOf(line));
  if ((given._ as string[]).length > 0) {
    throw new UsageError(`"${line}" is more than one option and its value`);
  }
  const entries = Object.entries(given)
    .filter(([name, each]) =>
      name !== "_" && each !== undefined && each !== false
    );
  for (const [name] of entries) {
    if (ALWAYS.includes(name) || ONLY_TYPED.includes(name)) {
      const dashes = name.length === 1 ? "-" : "--";
      throw new UsageError(
        `option ${dashes}${name} is for the command line only`,
      );
    }
    checkTaken(name, command);
  }
  checkMeanings(given);
  return entries.map(([name, each]) => ({
    command,
    name,
    value: each,
    origin,
  }));
}

/** Splits a line into an option and its value, which may contain spaces. */
function argumentsOf(line: string): string[] {
  const [, flag, between, value] = /^([^\s=]+)(\s*=\s*|\s+)(.*)$/.exec(line) ??
    [];
  if (flag === undefined) return [line];
  return between.includes("=") ? [`${flag}=${value}`] : [flag, value];
}

/** Checks that the section's command takes the option. */
function checkTaken(name: string, command: string): void {
  const found = COMMANDS.find((each) => each.name === command);
  const taken: readonly string[] | undefined = found?.options;
  if (taken === undefined || taken.includes(name)) return;
  throw new UsageError(`${command} does not take option --${name}`, name);
}

/** What was given on the command line, and what the file adds. */
export interface Completed {
  readonly given: Given;
  /** File and line of each option that is taken from the file. */
  readonly origins: ReadonlyMap<string, string>;
  /** Options of the file that do not fit, and why, one sentence each. */
  readonly leftOut: readonly string[];
}

/**
 * Adds the options that the file has for a command to its command line. The
 * command line takes precedence over the file, and the command's section over
 * the options for all commands. An option of the file is left out if it cannot
 * be combined with those that take precedence, or lacks one that it needs.
 */
export function completed(
  given: Given,
  lines: readonly ConfigLine[],
  { name: command, options }: { name: string; options: readonly string[] },
): Completed {
  const sum: Given = { ...given };
  const origins = new Map<string, string>();
  const leftOut: string[] = [];
  const leave = (name: string, origin: string, why: string) =>
    leftOut.push(`${origin}: --${name} is left out: it ${why}`);
  for (const section of [command, ""]) {
    const known = { ...sum };
    const isKnown = (name: string) =>
      known[name] !== undefined && known[name] !== false;
    for (
      const { name, value, origin } of lines.filter((line) =>
        line.command === section
      )
    ) {
      if (!options.includes(name) || isKnown(name)) continue;
      const clash = yieldsTo(name, known);
      if (clash !== "") {
        leave(name, origin, clash);
        continue;
      }
      const before = sum[name];
      sum[name] = Array.isArray(value) && Array.isArray(before)
        ? [...before, ...value]
        : value;
      origins.set(name, origin);
    }
  }
  // An option that is left out may be the one that another option needs.
  for (let before = -1; before !== leftOut.length;) {
    before = leftOut.length;
    for (const [name, origin] of origins) {
      const lack = lackOf(name, sum, options);
      if (lack === "") continue;
      leave(name, origin, lack);
      sum[name] = undefined;
      origins.delete(name);
    }
  }
  return { given: sum, origins, leftOut };
}

/**
 * Returns the message of an error, with the line of the configuration file if
 * an option from there is concerned.
 *
 * @param origins From {@linkcode completed}.
 */
export function blame(
  error: unknown,
  origins: ReadonlyMap<string, string>,
): string {
  if (!(error instanceof UsageError)) return explain(error);
  const origin = origins.get(error.option);
  if (origin !== undefined) return `${origin}: ${error.message}`;
  const others = [...origins].filter(([name]) =>
    error.message.match(/--[a-z-]+/g)?.includes(`--${name}`)
  ).map(([name, each]) => `; --${name} is from ${each}`);
  return error.message + others.join("");
}
