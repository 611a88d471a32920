// SPDX-License-Identifier: MIT
/**
 * Starts the two processes of the torn-record proof, and makes the copies of
 * `ring/` that the reader's process runs.
 *
 * @module
 */
import { type Change, copySources } from "../support/changes.ts";
import { killIfRunning } from "../support/processes.ts";
import { figures, ROOT } from "../tools/cc.ts";

/** What the reader reports. Arrays are indexed by ring. */
export interface TornReport {
  /** How many records were delivered. */
  accepted: number[];
  /** The sequence that follows the last record delivered. */
  end: number[];
  /** How many records have words that do not belong to their ring and sequence. */
  torn: number;
  /** How many records have a sequence that did not grow within their ring. */
  disorder: number;
  /** The reader's own totals. */
  records: number;
  lost: number;
  dropped: number;
  corrupt: number;
  missed: number;
  rewound: number;
}

/** What both sides of one run report. */
export interface TornRun {
  read: TornReport;
  /** `written_N`, `dropped_N`, `attempted_N`, `nested_N` for each ring N. */
  wrote: Record<string, number>;
}

const DELAY = "if (Math.random() < 0.5) { const until = performance.now() + " +
  "Math.random() * 0.4; while (performance.now() < until); }";
const COPY =
  "this.#source.copy(batch, this.#cursor, commit, count, this.#looksBack);";

/** Changes of sources, by file. */
type Changes = Readonly<Record<string, readonly Change[]>>;

/** A random delay before the copy, and one between the copy and the re-check. */
export const DELAYED: Changes = {
  "ring/ring_reader.ts": [{
    find: COPY,
    replace: `${DELAY} ${COPY} ${DELAY}`,
  }],
};

/** A re-check that accepts everything. */
export const UNCHECKED: Changes = {
  "ring/ring_source.ts": [{
    find: "return this.#words.loadNumber(at) === block;",
    replace: "this.#words.loadNumber(at); return true;",
  }],
};

/** Copies `ring/` into `folder`, with changes. */
export function copyRing(folder: string, changes: Changes): void {
  copySources("ring", folder, changes);
}

/**
 * Runs writer and reader against each other.
 *
 * @param writer The compiled `torn_writer.c`.
 * @param ringFolder The folder that {@linkcode copyRing} filled.
 * @param rings How many rings are written, each by a thread of its own.
 * @param seconds How long the writer writes.
 * @throws {Error} If one of the two fails.
 */
export async function tornRun(
  writer: string,
  ringFolder: string,
  rings: number,
  seconds: number,
): Promise<TornRun> {
  const name = `ivring-torn-${crypto.randomUUID()}`;
  const path = `/dev/shm/${name}`;
  try {
    const args = [path, String(256 * 1024), String(rings), String(seconds)];
    await using guest = new Talker(writer, args);
    await guest.line("ready");
    const script = `${ROOT}/tests/guest/torn_reader.ts`;
    const flags = ["run", "--no-config", "--quiet", "-A", "--no-check"];
    const reading = [...flags, script, ringFolder, name];
    await using host = new Talker(Deno.execPath(), reading);
    await host.line("attached");
    await guest.say("go\n");
    const wrote = figures(await guest.rest());
    return { wrote, read: JSON.parse(await host.rest()) };
  } finally {
    Deno.removeSync(path);
  }
}

/** A child process with which the test exchanges lines. */
class Talker implements AsyncDisposable {
  readonly #command: string;
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #text = "";

  constructor(command: string, args: string[]) {
    this.#command = command;
    this.#child = new Deno.Command(command, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const decoder = new TextDecoderStream();
    this.#output = this.#child.stdout.pipeThrough(decoder).getReader();
    this.#input = this.#child.stdin.getWriter();
  }

  /** Waits for a line, and consumes it. */
  async line(expected: string): Promise<void> {
    while (!this.#text.includes("\n")) {
      const { value, done } = await this.#output.read();
      if (done) throw new Error(`${this.#command} ended before "${expected}"`);
      this.#text += value;
    }
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    if (line !== expected) throw new Error(`${this.#command} said: ${line}`);
    this.#text = this.#text.slice(end + 1);
  }

  /** Writes to its standard input. */
  async say(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text));
  }

  /** Returns the rest of its output, once it has ended with 0. */
  async rest(): Promise<string> {
    for (;;) {
      const { value, done } = await this.#output.read();
      if (done) break;
      this.#text += value;
    }
    const { code } = await this.#child.status;
    if (code !== 0) throw new Error(`${this.#command} ended with ${code}`);
    return this.#text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    killIfRunning(this.#child);
    await this.#child.status;
    await this.#output.cancel();
  }
}
