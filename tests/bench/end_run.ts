// SPDX-License-Identifier: MIT
/**
 * Runs a guest in user space that writes at a steady rate, a reader, and a sink
 * for the reader's output, each as a process.
 *
 * @module
 */
import { WRITER } from "../guest/sources.ts";
import { Program } from "../support/reader_program.ts";
import { runOk } from "../tools/cc.ts";
import { Beside } from "./beside.ts";
import type { Workbench } from "./workbench.ts";
import { Scratch } from "./write_runs.ts";

const FOLDER = "tests/bench/end";

/** The programs of end/. */
export interface EndPrograms {
  readonly guest: string;
  readonly sink: string;
}

/** Compiles these programs. */
export function buildEnds(bench: Workbench): EndPrograms {
  const flags = ["-O2", "-I", "tests/guest"];
  return {
    guest: bench.compile("end_guest", [`${FOLDER}/guest.c`, ...WRITER], flags),
    sink: bench.compile("end_sink", [`${FOLDER}/sink.c`], flags),
  };
}

/** One step, from its first record to its last. */
export interface Step {
  readonly written: number;
  /** How many records the writer refused. */
  readonly dropped: number;
  /** How many lines came out of the reader. */
  readonly read: number;
  /** The age of the lines when they came, in nanoseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
  /**
   * The reader's share of one CPU in percent, including the pause at the end.
   */
  readonly cpuPercent: number;
}

/**
 * Parses a sink's line.
 *
 * @throws {Error} if some numbers are missing.
 */
export function stepOf(line: string): Omit<Step, "cpuPercent"> {
  const numbers = Object.fromEntries(
    [...line.matchAll(/(\w+)=(\d+)/g)].map((m) => [m[1], Number(m[2])]),
  );
  const of = (name: string) => {
    if (!(name in numbers)) throw new Error(`no ${name} in: ${line}`);
    return numbers[name];
  };
  return {
    written: of("written"),
    dropped: of("dropped"),
    read: of("read"),
    p50: of("p50"),
    p99: of("p99"),
    p999: of("p999"),
    most: of("most"),
  };
}

/** Tells whether everything that had to be written was written, and came. */
export function isLossless(step: Step, rate: number, ms: number): boolean {
  const { written, dropped, read } = step;
  return dropped === 0 && read === written &&
    written >= 0.95 * rate * ms / 1000;
}

/** Guest, reader and sink while they run. Acquire with `await using`. */
export class EndToEnd implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #guest: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reader: Beside;
  readonly #sink: Program;
  #steps = 0;

  private constructor(
    stack: AsyncDisposableStack,
    guest: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
    reader: Beside,
    sink: Program,
  ) {
    this.#stack = stack;
    this.#guest = guest;
    this.#reader = reader;
    this.#sink = sink;
  }

  /**
   * Starts all three.
   *
   * @param folder For the pipe between reader and sink.
   * @param reader Returns the reader's command.
   * @param rings How many rings the guest writes into.
   * @param bytes The length of a record.
   */
  static async start(
    { guest, sink }: EndPrograms,
    folder: string,
    reader: (object: Scratch) => readonly string[],
    rings: number,
    bytes: number,
  ): Promise<EndToEnd> {
    await using stack = new AsyncDisposableStack();
    const object = stack.use(new Scratch());
    const fifo = `${folder}/fifo-${crypto.randomUUID()}`;
    runOk("mkfifo", [fifo]);
    const child = new Deno.Command(guest, {
      args: [object.path, `${rings}`, `${bytes}`],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const input = child.stdin.getWriter();
    stack.defer(async () => {
      await input.close();
      await child.status;
    });
    const output = child.stdout.getReader();
    const said = new TextDecoder().decode((await output.read()).value);
    await output.cancel();
    if (said !== "ready\n") throw new Error(`the guest said: ${said}`);
    const end = stack.use(new Program([sink, fifo]));
    const into = ["sh", "-c", 'exec "$@" > "$0"', fifo];
    const middle = stack.use(new Beside([...into, ...reader(object)]));
    await middle.attached(object.name);
    return new EndToEnd(stack.move(), input, middle, end);
  }

  /** Writes `rate` records a second for this time. */
  async step(rate: number, ms: number): Promise<Step> {
    const number = this.#steps++;
    const cpu = this.#reader.cpuSeconds(), startMs = performance.now();
    const line = new TextEncoder().encode(`${number} ${rate} ${ms}\n`);
    await this.#guest.write(line);
    const found = stepOf(await this.#sink.stdout.until(`step=${number} `));
    const seconds = (performance.now() - startMs) / 1000;
    const cpuPercent = (this.#reader.cpuSeconds() - cpu) / seconds * 100;
    return { ...found, cpuPercent };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
