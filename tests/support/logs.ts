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

/** The fields of a cursor file that a test may change. */
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

  /** @param path The folder of the log; a temporary one if not given. */
  constructor(readonly path: string = "") {
    this.path ||= this.#folder.path;
  }

  /** Returns a path beside the log. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** The file that the records go to. */
  get file(): string {
    return this.at("log");
  }

  /** The path of the cursor file. */
  get cursor(): string {
    return this.at("cursor");
  }

  /** The arguments of a reader that writes the log. */
  get args(): string[] {
    const { file, cursor } = this;
    return ["-s", this.guest.name, "-f", file, "--cursor-file", cursor];
  }

  /** What the log holds; "" if there is none. */
  get text(): string {
    return this.read("log");
  }

  /** Returns a file's text; "" if there is none. */
  read(name: string): string {
    return readIfThere(this.at(name));
  }

  /** Makes the guest write a message. */
  say(text: string): void {
    say(this.guest.writer, 0, text);
  }

  /** Runs a reader until everything is read. */
  once(
    command: (args: readonly string[]) => string[] = readerCommand,
  ): Promise<Ended> {
    return runCommand(command([...this.args, "--once"]));
  }

  /**
   * Leaves what a reader leaves that is killed before it saves its cursor:
   * "one" is before the cursor, "two" is behind it.
   *
   * @param change Changes the cursor into one that a reader would not write.
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
 * Writes a line to a log with a reader that exits before the cursor covers the
 * line, as if it had been killed.
 */
export async function writeUncovered(log: Log): Promise<void> {
  using early = new ChangedReader({
    // This exits as soon as something is in the log, before the cursor is
    // saved.
    "cli/files/checkpoint.ts": [{
      find: "    this.#try(() => this.#saveHere());\n  }\n\n  /**\n",
      replace: "    if (file!.stat().bytes > 0) Deno.exit(9);\n  }\n\n  /**\n",
    }],
  });
  log.say("one\n");
  const killed = await log.once((args) => early.command(args));
  assertEquals([killed.code, log.text], [9, "one\n"], killed.stderr);
}
