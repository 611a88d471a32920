// SPDX-License-Identifier: MIT
/**
 * Starts the reader as a process of its own, as a user does.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import {
  NPM_IMPORTS,
  READER_PERMISSIONS,
} from "../../packaging/permissions.ts";
import { ROOT } from "../../packaging/root.ts";
import { killIfRunning } from "./processes.ts";

/**
 * The environment of readers: no colours, and no options from /etc/ivring.conf.
 */
export const READER_ENV: Readonly<Record<string, string>> = {
  NO_COLOR: "1",
  IVRING_CONFIG: "",
};

/** How a command ended, and what it printed. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Returns the command that starts the reader, program first.
 *
 * @param main The source file to run. If not given, the executable that
 *   IVRING_READER in the environment names is run, or else the sources.
 * @param imports Arguments that say where its imports come from.
 */
export function readerCommand(
  args: readonly string[],
  main?: string,
  imports: readonly string[] = NPM_IMPORTS,
): string[] {
  const executable = Deno.env.get("IVRING_READER");
  if (main === undefined && executable) return [executable, ...args];
  return [
    Deno.execPath(),
    "run",
    "--no-check",
    ...imports,
    ...READER_PERMISSIONS,
    main ?? "main.ts",
    ...args,
  ];
}

/**
 * Runs a command to its end.
 *
 * @param env Variables that are added to its environment.
 */
export async function runCommand(
  [program, ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const out = await new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { ...READER_ENV, ...env },
    stdin: "null",
  }).output();
  return endedOf(out);
}

/** Converts the result of a process to text. */
export function endedOf(out: Deno.CommandOutput): Ended {
  const text = new TextDecoder();
  return {
    code: out.code,
    stdout: text.decode(out.stdout),
    stderr: text.decode(out.stderr),
  };
}

/** Runs the reader to its end. */
export function runReader(...args: string[]): Promise<Ended> {
  return runCommand(readerCommand(args));
}

/**
 * A limit that no test reaches unless it fails, however slow the machine is.
 */
const LIMIT_MS = 180_000;

/**
 * The lines of a stream, which can be awaited one by one. No wait is endless.
 */
class Lines {
  readonly all: string[] = [];
  readonly #reader: ReadableStreamDefaultReader<string>;
  /** Describes what did not come in time; null if all did. */
  #late: (() => string) | null = null;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /**
   * Returns the next line, or null at the end.
   *
   * @throws {Error} if neither comes in time.
   */
  async next(): Promise<string | null> {
    using _limit = this.#limit(() => "line");
    return await this.#next();
  }

  /**
   * Reads until all of these texts have been in lines, in whatever order.
   *
   * @returns The last line.
   * @throws {Error} naming the texts that did not come.
   */
  async until(...texts: string[]): Promise<string> {
    const missing = new Set(texts);
    const what = () =>
      `line with ${[...missing].map((text) => `"${text}"`).join(" or ")}`;
    using _limit = this.#limit(what);
    for (
      let line = await this.#next();
      line !== null;
      line = await this.#next()
    ) {
      for (const text of missing) {
        if (line.includes(text)) missing.delete(text);
      }
      if (missing.size === 0) return line;
    }
    throw this.#lacks(what());
  }

  /**
   * Reads to the end, and returns all lines.
   *
   * @throws {Error} if the end does not come in time.
   */
  async rest(): Promise<string[]> {
    using _limit = this.#limit(() => "end");
    while (await this.#next() !== null);
    return this.all;
  }

  async #next(): Promise<string | null> {
    const { done, value } = await this.#reader.read();
    if (done && this.#late !== null) throw this.#lacks(this.#late());
    if (done) return null;
    this.all.push(value);
    return value;
  }

  #limit(what: () => string): Disposable {
    const timer = setTimeout(() => {
      this.#late = what;
      this.#reader.cancel().catch(() => {});
    }, LIMIT_MS);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  #lacks(what: string): Error {
    const last = this.all.slice(-50).join("\n");
    return new Error(`no ${what}; the last ones:\n${last}`);
  }

  /** Stops reading. */
  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** A program that runs during a test. */
export class Program implements AsyncDisposable {
  readonly stdout: Lines;
  readonly stderr: Lines;
  readonly #child: Deno.ChildProcess;

  /** @param command What is started, program first. */
  constructor([program, ...rest]: readonly string[]) {
    this.#child = new Deno.Command(program, {
      args: rest,
      cwd: ROOT,
      env: READER_ENV,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.stdout = new Lines(this.#child.stdout);
    this.stderr = new Lines(this.#child.stderr);
  }

  /** The id of the process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal to the program. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /**
   * Waits until the program ends, and returns its exit code.
   *
   * @throws {Error} if it does not end in time.
   */
  async ended(): Promise<number> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killIfRunning(this.#child);
    }, LIMIT_MS);
    const { code } = await this.#child.status;
    clearTimeout(timer);
    if (late) throw new Error(`did not end within ${LIMIT_MS / 1000} s`);
    return code;
  }

  /** Kills the program if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    killIfRunning(this.#child);
    await this.#child.status;
    await this.stdout.cancel();
    await this.stderr.cancel();
  }
}

/** A reader that runs during a test. */
export class ReaderProgram extends Program {
  /** @param args The reader's arguments. */
  constructor(...args: string[]) {
    super(readerCommand(args));
  }
}
