// SPDX-License-Identifier: MIT
/**
 * A simulated guest, its log, and the log's cursor, in a folder.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { ChangedReader } from "./changed_reader.ts";
import { editCursor } from "./cursors.ts";
import { Guest } from "./guest.ts";
import { type Ended, readerCommand, runCommand } from "./reader_program.ts";
import { say } from "./regions.ts";
import { readIfThere, TempFolder } from "./temp_folder.ts";

/** What of a cursor file's content a test may change. */
export interface CursorJson {
  version: number;
  file: {
    identity: string;
    born?: string | null;
    bytes: number;
    tail?: { bytes: number; sha256: string } | null;
  };
  ended?: boolean;
}

/** A log with a cursor. */
export class Log implements Disposable {
  readonly guest = new Guest();
  readonly #folder = new TempFolder();

  /** @param path Folder that it is in; one of its own if not given. */
  constructor(readonly path: string = "") {
    this.path ||= this.#folder.path;
  }

  /** A path beside it. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** The file that the records go to. */
  get file(): string {
    return this.at("log");
  }

  /** Where the cursor is. */
  get cursor(): string {
    return this.at("cursor");
  }

  /** Arguments of a reader. */
  get args(): string[] {
    const { file, cursor } = this;
    return ["-s", this.guest.name, "-f", file, "--cursor-file", cursor];
  }

  /** What the log holds; "" where there is none. */
  get text(): string {
    return this.read("log");
  }

  /** A file's text; "" if there is none. */
  read(name: string): string {
    return readIfThere(this.at(name));
  }

  /** Lets the guest say something. */
  say(text: string): void {
    say(this.guest.writer, 0, text);
  }

  /** Runs a reader until all is read. */
  once(
    command: (args: readonly string[]) => string[] = readerCommand,
  ): Promise<Ended> {
    return runCommand(command([...this.args, "--once"]));
  }

  /**
   * Leaves what a reader leaves that is killed before it saves its cursor:
   * "one" is before the cursor, "two" behind it.
   *
   * @param change Of the cursor, which then is not what a reader would write.
   */
  async killed(
    change: (cursor: CursorJson) => void = () => {},
  ): Promise<Ended> {
    this.say("one\n");
    const ended = await this.once();
    this.say("two\n");
    Deno.writeTextFileSync(this.file, "two\n", { append: true });
    this.edit((cursor) => {
      cursor.ended = false;
      change(cursor);
    });
    return ended;
  }

  /** Changes the cursor. */
  edit(change: (cursor: CursorJson) => void): void {
    editCursor(this.cursor, change);
  }

  [Symbol.dispose](): void {
    this.guest[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }
}

/**
 * Writes a line to a log, with a reader that exits as if it was killed before
 * the cursor covers what was written.
 */
export async function writeUncovered(log: Log): Promise<void> {
  using early = new ChangedReader({
    // The reader exits as if killed before the cursor covers what was written.
    "cli/files/checkpoint.ts": [{
      find: "    this.#try(() => this.#saveHere());\n  }\n\n  /**\n",
      replace: "    if (file!.stat().bytes > 0) Deno.exit(9);\n  }\n\n  /**\n",
    }],
  });
  log.say("one\n");
  const killed = await log.once((args) => early.command(args));
  assertEquals([killed.code, log.text], [9, "one\n"]);
}
