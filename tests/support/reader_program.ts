// SPDX-License-Identifier: MIT
/**
 * The reader as a process of its own, as a user starts it.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { NPM_IMPORTS, READER_PERMISSIONS } from "../tools/permissions.ts";
import { ROOT } from "../tools/root.ts";
import { killIfRunning } from "./processes.ts";

/** How it ended and what it printed. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * The command that starts it, program first.
 *
 * @param main What is run; if not given, the executable that IVRING_READER in
 * the environment names, or else the sources.
 */
export function readerCommand(
  args: readonly string[],
  main?: string,
): string[] {
  const executable = Deno.env.get("IVRING_READER");
  if (main === undefined && executable) return [executable, ...args];
  return [
    Deno.execPath(),
    "run",
    "--no-check",
    ...NPM_IMPORTS,
    ...READER_PERMISSIONS,
    main ?? "main.ts",
    ...args,
  ];
}

/** Runs a command to its end. */
export async function runCommand(
  [program, ...args]: readonly string[],
): Promise<Ended> {
  const out = await new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return endedOf(out);
}

/** What a process left, as text. */
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

/** A line that has not come by then will not come, however slow the machine. */
const LINE_MS = 180_000;

/** Lines of a stream, to be waited for one by one. */
class Lines {
  readonly all: string[] = [];
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** The next line; null at the end. */
  async next(): Promise<string | null> {
    const { done, value } = await this.#reader.read();
    if (done) return null;
    this.all.push(value);
    return value;
  }

  /**
   * Reads until lines have held all of these, in whatever order.
   *
   * @returns The last line.
   * @throws {Error} naming those that did not come in time.
   */
  async until(...texts: string[]): Promise<string> {
    const missing = new Set(texts);
    const timeout = AbortSignal.timeout(LINE_MS);
    const late = () => this.#reader.cancel(timeout.reason).catch(() => {});
    timeout.addEventListener("abort", late);
    try {
      for (
        let line = await this.next();
        line !== null;
        line = await this.next()
      ) {
        for (const text of missing) {
          if (line.includes(text)) missing.delete(text);
        }
        if (missing.size === 0) return line;
      }
    } finally {
      timeout.removeEventListener("abort", late);
    }
    const names = [...missing].map((text) => `"${text}"`).join(" or ");
    const last = this.all.slice(-50).join("\n");
    throw new Error(`no line with ${names}; the last ones:\n${last}`);
  }

  /** The rest. */
  async rest(): Promise<string[]> {
    while (await this.next() !== null);
    return this.all;
  }

  /** Reads no more. */
  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** A program that goes on while the test does. */
export class Program implements AsyncDisposable {
  readonly stdout: Lines;
  readonly stderr: Lines;
  readonly #child: Deno.ChildProcess;

  /** @param command What is started, program first. */
  constructor([program, ...rest]: readonly string[]) {
    this.#child = new Deno.Command(program, {
      args: rest,
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.stdout = new Lines(this.#child.stdout);
    this.stderr = new Lines(this.#child.stderr);
  }

  /** Of its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number> {
    return (await this.#child.status).code;
  }

  /** Ends it, whatever it is at. */
  async [Symbol.asyncDispose](): Promise<void> {
    killIfRunning(this.#child);
    await this.#child.status;
    await this.stdout.cancel();
    await this.stderr.cancel();
  }
}

/** A reader that goes on while the test does. */
export class ReaderProgram extends Program {
  /** @param args Its arguments. */
  constructor(...args: string[]) {
    super(readerCommand(args));
  }
}
