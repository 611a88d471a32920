// SPDX-License-Identifier: MIT
/**
 * An example of scripted collection: reads from standard input what
 * `ivring_reader --format json` prints, and writes it into one file for each
 * guest, with rotation.
 *
 *     ivring_reader --all --format json | deno run --allow-ffi --allow-read \
 *         --allow-write examples/collect.ts DIR [MIB] [FILES]
 *
 * `deno task collect DIR` does the same. A guest's file is named after its
 * object, which the host has named: nothing that a guest says gets into a name.
 * The files are written like those of the reader's own `-f`: they are locked,
 * made again if they are removed, and never left with half a line by a full
 * disk.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { sanitize } from "../cli/console/messages.ts";
import { explain } from "../cli/console/explain.ts";
import { RETRY_MS, Trouble } from "../cli/console/write_trouble.ts";
import {
  RotatingFile,
  type RotationRules,
} from "../cli/files/rotating_file.ts";
import { sleepMs } from "../cli/sleep.ts";
import { Libc } from "../ffi/libc.ts";

const MIB = 1 << 20;
const ENCODER = new TextEncoder();
/** The most guests at once, so that making many cannot use up descriptors. */
const GUESTS_MAX = 512;
const FOLDER_MODE = 0o700; // nobody else may read what guests log

/** Where files are kept, and how they are rotated. */
export interface CollectOptions extends RotationRules {
  /** The folder; made if it is missing, but none above it. */
  readonly folder: string;
}

/** The counts of lines. */
export interface Collected {
  readonly written: number;
  /** Lines that name no object, or whose file cannot be written. */
  readonly refused: number;
}

/** One guest's file. */
class GuestFile implements Disposable {
  readonly #file: RotatingFile;
  readonly #trouble: Trouble;

  constructor(libc: Libc, path: string, rules: RotationRules) {
    this.#file = new RotatingFile(libc, path, rules);
    this.#trouble = new Trouble(path);
  }

  /**
   * Appends a line, and never splits one. On a full disk it waits for room, and
   * meanwhile nothing is read: new records stay in the guests' rings.
   *
   * @param stop Ends the wait.
   * @throws The last error; then no part of the line is left in the file.
   */
  async write(line: string, stop: AbortSignal): Promise<void> {
    const bytes = ENCODER.encode(line + "\n");
    this.#file.message(bytes.length);
    for (let done = 0; done < bytes.length;) {
      try {
        done += this.#file.writeNow(bytes.subarray(done));
        this.#trouble.over();
      } catch (error) {
        if (stop.aborted) {
          this.#file.takeBack(done);
          throw error;
        }
        this.#trouble.met(error);
        await sleepMs(RETRY_MS, stop);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/**
 * Sorts lines into files until there are no more. A guest whose file cannot be
 * written is reported once; the others' lines are still written.
 *
 * @param lines JSON objects with a member `object`.
 * @param stop Once aborted, a full disk is not waited for any more.
 * @throws {Deno.errors} if the folder cannot be made.
 */
export async function collect(
  lines: AsyncIterable<string>,
  { folder, ...rules }: CollectOptions,
  stop: AbortSignal = new AbortController().signal,
): Promise<Collected> {
  const counts = { written: 0, refused: 0 };
  const files = new Map<string, GuestFile | null>();
  makeFolder(folder);
  using libc = new Libc();
  using open = new DisposableStack();
  for await (const line of lines) {
    const name = fileNameOf(line);
    try {
      let file = files.get(name);
      if (file === undefined && name !== "" && files.size < GUESTS_MAX) {
        files.set(name, null); // stays so if it cannot be opened
        file = open.use(new GuestFile(libc, `${folder}/${name}`, rules));
        files.set(name, file);
      }
      if (file) {
        await file.write(line, stop);
        counts.written++;
        continue;
      }
    } catch (error) {
      files.set(name, null);
      tell(`${explain(error)}; lines of this guest are left out`);
    }
    counts.refused++;
  }
  return counts;
}

/** Prints one line on standard error; names in it are made safe. */
function tell(text: string): void {
  console.error(`collect: ${sanitize(text, 2000)}`);
}

function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Returns "vm1.ndjson" for "/vm1", for example; "" if a line has no object. */
function fileNameOf(line: string): string {
  try {
    const { object } = JSON.parse(line) as { object?: unknown };
    if (typeof object !== "string") return "";
    // No character is left that has a meaning in a path, or for a terminal.
    return `${encodeURIComponent(object.replace(/^\//, ""))}.ndjson`;
  } catch {
    return "";
  }
}

/** Returns a number from 1 on, by default `otherwise`; null if it is wrong. */
function wholeNumber(text: string | undefined, otherwise: number) {
  const value = Number(text ?? otherwise);
  return Number.isInteger(value) && value >= 1 && value <= 1e6 ? value : null;
}

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const [folder = "-", mib, kept] = args;
  const size = wholeNumber(mib, 64);
  const files = wholeNumber(kept, 5);
  const isWrong = folder.startsWith("-") || args.length > 3;
  if (isWrong || size === null || files === null) {
    tell("usage: collect DIR [MIB] [FILES], numbers from 1 on");
    return 2;
  }
  const stop = new AbortController();
  // The reader gets the same signal, prints what is left and ends the input.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stop.abort());
  }
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  const options = { folder, limitBytes: size * MIB, files };
  const { written, refused } = await collect(lines, options, stop.signal);
  tell(`${written} lines written, ${refused} refused`);
  return refused === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    // Deno passes on the "--" that may stand before a task's arguments.
    const { args } = Deno;
    Deno.exit(await main(args[0] === "--" ? args.slice(1) : args));
  } catch (error) {
    tell(explain(error));
    Deno.exit(1);
  }
}
