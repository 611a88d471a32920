// SPDX-License-Identifier: MIT
/**
 * What others put where `record` writes belongs to them: it is neither removed
 * nor written to, and this is reported.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Change } from "../support/changes.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { Program, readerCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

type Commander = (args: readonly string[]) => string[];

const CHUNKS = ["-S", "4k", "-N", "2"];
const TEXT = "not the recorder's";

function flood(guest: Guest, count: number): void {
  for (let i = 0; i < count; i++) say(guest.writer, i % 2, "x".repeat(1000));
}

/**
 * Makes what an earlier recording may have left. All files have the same text.
 */
function makeForeign(path: string, chunk = "chunk-000000"): void {
  const inside = `${path}/${chunk}/session-0/epoch-0`;
  Deno.mkdirSync(inside, { recursive: true });
  for (const file of [`${path}/${chunk}/README`, `${inside}/metadata`]) {
    Deno.writeTextFileSync(file, TEXT);
  }
  for (const ring of [0, 1]) {
    Deno.writeTextFileSync(`${inside}/ring-${ring}`, TEXT);
  }
}

/** Lists all files below a folder, with their texts. */
function filesIn(path: string, inside = ""): string[] {
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) => {
    const each = `${path}/${name}`;
    const shown = inside + name;
    if (isDirectory) return filesIn(each, `${shown}/`);
    const { size } = Deno.statSync(each);
    return [size > 100 ? shown : `${shown}: ${Deno.readTextFileSync(each)}`];
  }).sort();
}

/** A recorder, and a guest that writes until something has come true. */
class Recording implements AsyncDisposable {
  readonly guest = new Guest();
  readonly folder = new TempFolder();
  readonly trace = this.folder.at("trace");
  readonly recorder: Program;

  constructor(args: readonly string[], command: Commander = readerCommand) {
    this.recorder = new Program(
      command(["record", "-s", this.guest.name, "-o", this.trace, ...args]),
    );
  }

  async talk(what: string, until_: () => boolean): Promise<void> {
    await until(what, () => {
      if (until_()) return true;
      flood(this.guest, 1);
      return false;
    });
  }

  /** Tells whether something is in the trace. */
  has(name: string): boolean {
    try {
      Deno.lstatSync(`${this.trace}/${name}`);
      return true;
    } catch {
      return false;
    }
  }

  /** Waits until the chunk of this number has a ring. */
  chunk(number: number): Promise<void> {
    const name = `chunk-00000${number}`;
    return this.talk(name, () => this.has(`${name}/session-0/epoch-0/ring-0`));
  }

  /**
   * Ends the recording.
   *
   * @returns The recorder's exit code, and what it has reported.
   */
  async end(signal = true): Promise<{ code: number; told: string }> {
    if (signal) this.recorder.kill("SIGTERM");
    const code = await this.recorder.ended();
    return { code, told: (await this.recorder.stderr.rest()).join("\n") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.recorder[Symbol.asyncDispose]();
    this.guest[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}

/** Puts an earlier recording in the place of the one that is under way. */
async function replaced(
  args: readonly string[],
  chunk: string,
  command?: Commander,
): Promise<
  { code: number; told: string; before: string[]; after: string[] }
> {
  await using recording = new Recording(args, command);
  const { trace, folder, guest } = recording;
  const first = args.length > 0 ? "chunk-000000/" : "";
  await recording.talk(
    "a ring",
    () => recording.has(`${first}session-0/epoch-0/ring-0`),
  );
  makeForeign(folder.at("other"), chunk);
  const before = filesIn(folder.at("other"));
  Deno.renameSync(trace, folder.at("trace.1"));
  Deno.renameSync(folder.at("other"), trace);
  if (command !== undefined) {
    // Control: the recorder goes on in there.
    for (let i = 0; i < 200; i++) {
      flood(guest, 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } else flood(guest, 20);
  const { code, told } = await recording.end(command !== undefined);
  return { code, told, before, after: filesIn(trace) };
}

for (const args of [CHUNKS, []]) {
  for (const chunk of ["chunk-000000", "chunk-000001"]) {
    const how = args.length > 0 ? "with chunks" : "without chunks";
    Deno.test(`record ${how}: another recording in its place, with ${chunk}: stays whole, exit 1`, async () => {
      const { code, told, before, after } = await replaced(args, chunk);
      assertEquals([code, after], [1, before], told);
      // With chunks, the next one may be due before anything is looked at.
      if (args.length === 0) {
        assertMatch(
          told,
          /trace\S*: renamed, or changed by others, while it was recorded to: what is there now is not this recorder's, stays as it is, and takes nothing more\n/,
        );
      }
      assertMatch(told, /trace: directory not empty: give another path/);
      assertMatch(told, /: \d+ records, \d+ bytes, 0 lost/);
    });
  }
}

Deno.test("control: without the look into it, the recorder writes there", async () => {
  using changed = new ChangedReader({
    "cli/traces/recorder_folder.ts": [{
      find:
        "    if (this.#first() !== null) throw this.#refused(ERRNO.ENOTEMPTY);\n",
      replace: "",
    }],
  });
  const { before, after } = await replaced(
    CHUNKS,
    "chunk-000000",
    (args) => changed.command(args),
  );
  assert(after.length > before.length);
  assert(before.every((each) => after.includes(each)));
});

Deno.test("record: renamed, and an empty directory in its place: it goes on there", async () => {
  await using recording = new Recording([]);
  const { trace } = recording;
  await recording.talk(
    "a ring",
    () => recording.has("session-0/epoch-0/ring-0"),
  );
  Deno.renameSync(trace, `${trace}.1`);
  Deno.mkdirSync(trace);
  await recording.chunk(1);
  const { code, told } = await recording.end();
  assertEquals(code, 0, told);
});

/**
 * Replaces the first chunk by a foreign one, and waits until the next one is
 * due.
 */
async function chunkReplaced(
  command?: Commander,
): Promise<{ code: number; told: string; after: string[] }> {
  await using recording = new Recording(
    ["--rotate-seconds", "1", "-N", "2"],
    command,
  );
  const { trace, folder } = recording;
  await recording.chunk(1);
  Deno.renameSync(`${trace}/chunk-000000`, folder.at("old"));
  makeForeign(trace);
  for (const number of [2, 3, 4]) await recording.chunk(number);
  const ended = await recording.end();
  return { ...ended, after: filesIn(`${trace}/chunk-000000`) };
}

const FOREIGN = [
  `README: ${TEXT}`,
  `session-0/epoch-0/metadata: ${TEXT}`,
  `session-0/epoch-0/ring-0: ${TEXT}`,
  `session-0/epoch-0/ring-1: ${TEXT}`,
];

Deno.test("record -N: another directory in the place of a chunk stays whole when that is due", async () => {
  const { code, told, after } = await chunkReplaced();
  assertEquals([code, after], [0, FOREIGN], told);
  assertMatch(told, /trace\/chunk-000000: not removed: others have put/);
});

Deno.test("control: by its name alone a foreign chunk would be emptied", async () => {
  const change: Change = {
    find: "  return one?.identity === other.identity && one.bornNs === " +
      "other.bornNs;\n",
    replace: "  return one !== null || other === null;\n",
  };
  using changed = new ChangedReader({ "ffi/stat.ts": [change] });
  const { after } = await chunkReplaced((args) => changed.command(args));
  assert(after.length < FOREIGN.length, after.join());
});

Deno.test("record -N: what others put into a chunk stays, told once", async () => {
  await using recording = new Recording(
    ["--rotate-seconds", "1", "-N", "2"],
  );
  const { trace } = recording;
  for (const number of [0, 1]) {
    await recording.chunk(number);
    const chunk = `${trace}/chunk-00000${number}`;
    Deno.writeTextFileSync(`${chunk}/README`, TEXT);
    Deno.writeTextFileSync(`${chunk}/session-0/epoch-0/note`, TEXT);
  }
  for (const number of [2, 3, 4]) await recording.chunk(number);
  const { code, told } = await recording.end();
  assertEquals(code, 0, told);
  for (const number of [0, 1]) {
    assertEquals(filesIn(`${trace}/chunk-00000${number}`), [
      `README: ${TEXT}`,
      `session-0/epoch-0/note: ${TEXT}`,
    ]);
  }
  assert(!recording.has("chunk-000002") || recording.has("chunk-000003"));
  assertEquals(told.match(/not removed: others/g)?.length, 1, told);
});

Deno.test("record: metadata and a new chunk by names that others have taken: not written to", async () => {
  await using recording = new Recording([]);
  const { trace } = recording;
  const metadata = `${trace}/session-0/epoch-0/metadata`;
  await recording.talk(
    "a ring",
    () => recording.has("session-0/epoch-0/ring-0"),
  );
  makeForeign(trace, "chunk-000001");
  Deno.removeSync(metadata);
  Deno.writeTextFileSync(metadata, TEXT);
  await recording.recorder.stderr.until("changed by others");
  flood(recording.guest, 20);
  const { code, told } = await recording.end(false);
  assertEquals([code, Deno.readTextFileSync(metadata)], [1, TEXT], told);
  assertMatch(told, /chunk-000001: is a directory: give another path/);
  assertEquals(filesIn(`${trace}/chunk-000001`), FOREIGN);
});
