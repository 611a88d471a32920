// SPDX-License-Identifier: MIT
/**
 * An example of scripted collection: what `ivring_reader --format json` prints
 * on standard input goes into one file for each guest, with rotation.
 *
 *     ivring_reader --all --format json | deno run --allow-read --allow-write \
 *         cli/collect.ts DIR [MIB] [FILES]
 *
 * `deno task collect DIR` is that. A guest's file is named after its object,
 * which the host has named: nothing that a guest says gets into a name.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";

const MIB = 1 << 20;
const ENCODER = new TextEncoder();
/** Guests at once; whoever may make objects must not use up descriptors. */
const GUESTS_MAX = 512;

/** How files are kept. */
export interface CollectOptions {
  /** Where; made if it is missing. */
  readonly folder: string;
  /** A file that would grow larger becomes FILE.1. */
  readonly mostBytes: number;
  /** Files of a guest in all, 1 or more. */
  readonly files: number;
}

/** One guest's file. */
class GuestFile implements Disposable {
  readonly #path: string;
  readonly #options: CollectOptions;
  #file: Deno.FsFile;
  #bytes: number;

  constructor(path: string, options: CollectOptions) {
    this.#path = path;
    this.#options = options;
    this.#file = this.#open();
    this.#bytes = this.#file.statSync().size;
  }

  /** Appends a line; never splits one. */
  write(line: string): void {
    let bytes = ENCODER.encode(line + "\n");
    const full = this.#bytes + bytes.length > this.#options.mostBytes;
    if (full && this.#bytes > 0) this.#rotate();
    this.#bytes += bytes.length;
    while (bytes.length > 0) {
      bytes = bytes.subarray(this.#file.writeSync(bytes));
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #open(): Deno.FsFile {
    const mode = 0o600; // it is what guests log
    return Deno.openSync(this.#path, { append: true, create: true, mode });
  }

  /** FILE becomes FILE.1, that one FILE.2, and so on; the last goes. */
  #rotate(): void {
    for (let n = this.#options.files - 1; n > 0; n--) {
      const from = n > 1 ? `${this.#path}.${n - 1}` : this.#path;
      if (exists(from)) Deno.renameSync(from, `${this.#path}.${n}`);
    }
    if (this.#options.files === 1) Deno.removeSync(this.#path);
    const full = this.#file;
    this.#file = this.#open();
    full.close();
    this.#bytes = 0;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Sorts lines into files until there are no more.
 *
 * @param lines JSON objects with a member `object`.
 * @returns Lines written, and lines that are no such objects.
 * @throws {Deno.errors} where a file cannot be written.
 */
export async function collect(
  lines: AsyncIterable<string>,
  options: CollectOptions,
): Promise<{ written: number; refused: number }> {
  const counts = { written: 0, refused: 0 };
  const files = new Map<string, GuestFile>();
  Deno.mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  using open = new DisposableStack();
  for await (const line of lines) {
    const name = fileNameOf(line);
    let file = files.get(name);
    if (file === undefined && name !== "" && files.size < GUESTS_MAX) {
      file = open.use(new GuestFile(`${options.folder}/${name}`, options));
      files.set(name, file);
    }
    if (file === undefined) counts.refused++;
    else {
      file.write(line);
      counts.written++;
    }
  }
  return counts;
}

/** @returns Such as "vm1.ndjson" for "/vm1"; "" if the line names no object. */
function fileNameOf(line: string): string {
  try {
    const { object } = JSON.parse(line) as { object?: unknown };
    if (typeof object !== "string") return "";
    // Nothing is left that means something to a path, or to a terminal.
    return `${encodeURIComponent(object.replace(/^\//, ""))}.ndjson`;
  } catch {
    return "";
  }
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (Number.isInteger(value) && value >= 1 && value <= 1e6) return value;
  throw new RangeError(`"${text}" is no whole number from 1 on`);
}

/** @returns The exit code. */
async function main(args: readonly string[]): Promise<number> {
  const [folder, mib, files] = args;
  if (folder === undefined || args.length > 3) {
    console.error("usage: collect DIR [MIB] [FILES]");
    return 2;
  }
  // The reader hears the same signal, prints what is left and ends the input.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  const { written, refused } = await collect(lines, {
    folder,
    mostBytes: wholeNumber(mib, 64) * MIB,
    files: wholeNumber(files, 5),
  });
  console.error(`collect: ${written} lines written, ${refused} refused`);
  return refused === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
