// SPDX-License-Identifier: MIT
/**
 * Others append to the files of a running recording, which tools then refuse to
 * read. This is prevented as far as possible, and reported.
 */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  haveBabeltrace,
  recordsIn,
  untilRecords,
} from "../support/babeltrace.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { processName } from "../support/processes.ts";
import {
  Program,
  readerCommand,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const ignore = !haveBabeltrace();
const NOTE = "note of an operator\n";

/** A recording that is under way, with ten records in it. */
class Recording implements AsyncDisposable {
  readonly guest = new Guest();
  readonly folder = new TempFolder();
  readonly trace = this.folder.at("trace");
  readonly ring = `${this.trace}/session-0/epoch-0/ring-0`;
  readonly recorder: Program;

  constructor(command = readerCommand) {
    this.recorder = new Program(
      command(["record", "-s", this.guest.name, "-o", this.trace]),
    );
  }

  flood(count: number): void {
    for (let i = 0; i < count; i++) {
      say(this.guest.writer, i % 2, "x".repeat(1000));
    }
  }

  async begin(): Promise<void> {
    this.flood(10);
    await untilRecords(this.trace, 10);
  }

  append(): void {
    Deno.writeTextFileSync(this.ring, NOTE, { append: true });
  }

  /**
   * Ends the recording.
   *
   * @returns The recorder's exit code, and what it has reported.
   */
  async end(): Promise<{ code: number; told: string[] }> {
    this.recorder.kill("SIGTERM");
    const code = await this.recorder.ended();
    return { code, told: await this.recorder.stderr.rest() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.recorder[Symbol.asyncDispose]();
    this.guest[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}

Deno.test({
  name:
    "record: a log is not appended to a file of it, by whichever name; control: unlocked it is",
  ignore,
  fn: async () => {
    await using recording = new Recording();
    await recording.begin();
    const link = recording.folder.at("link");
    Deno.linkSync(recording.ring, link);
    const before = Deno.statSync(link).size;
    const dump = ["dump", "-q", "-s", recording.guest.name, "-f"];
    const direct = await runReader(...dump, recording.ring);
    assertEquals(direct.code, 1);
    assertMatch(direct.stderr, /ring-0: is in a trace that record made: give/);
    const linked = await runReader(...dump, link);
    assertEquals(linked.code, 1);
    const who = processName(recording.recorder.pid);
    assert(
      linked.stderr.includes(`${who} writes to it already`),
      linked.stderr,
    );
    assertEquals(Deno.statSync(link).size, before);
    assertEquals((await recording.end()).code, 0);

    using unlocked = new ChangedReader({
      "cli/traces/stream_file.ts": [{
        find: "    lockFile(libc, fd, this.path);\n",
        replace: "",
      }],
    });
    await using second = new Recording((args) => unlocked.command(args));
    await second.begin();
    Deno.linkSync(second.ring, second.folder.at("link"));
    const { code } = await runReader(
      ...[
        "dump",
        "-q",
        "-s",
        second.guest.name,
        "-f",
        second.folder.at("link"),
      ],
    );
    assertEquals(code, 0);
  },
});

Deno.test({
  name:
    "record: what others append to a file makes the trace unreadable: it is named with what to do, exit 1",
  ignore,
  fn: async () => {
    await using recording = new Recording();
    await recording.begin();
    const { size } = Deno.statSync(recording.ring);
    recording.append();
    const told = await recording.recorder.stderr.next();
    const says = `${recording.ring}: others have written to it, and the ` +
      "trace cannot be read until that is cut off: truncate -s " +
      `${size} ${recording.ring}`;
    assertEquals(told, `ivring_reader: ${says}`);
    assertMatch(
      (await recording.recorder.stderr.next())!,
      /trace: appended to by others while it was recorded to: what comes next goes to \S+\/chunk-000001$/,
    );
    recording.flood(20);
    await untilRecords(`${recording.trace}/chunk-000001`, 20);
    const ended = await recording.end();
    assertEquals(ended.code, 1);
    assertMatch(ended.told.at(-2)!, /: 30 records, /);
    assertEquals(ended.told.at(-1), `ivring_reader: ${says}`);
    await assertRejects(() => recordsIn(recording.trace));
    await runCommand(["truncate", "-s", `${size}`, recording.ring]);
    assertEquals(await recordsIn(recording.trace), 30);
  },
});

Deno.test({
  name: "record: what was appended is cut off before the end: all is well",
  ignore,
  fn: async () => {
    await using recording = new Recording();
    await recording.begin();
    const { size } = Deno.statSync(recording.ring);
    recording.append();
    await recording.recorder.stderr.until("what comes next goes to");
    Deno.truncateSync(recording.ring, size);
    assertEquals((await recording.end()).code, 0);
    assertEquals(await recordsIn(recording.trace), 10);
  },
});

/** A change after which the files are looked at only when recording ends. */
const RARELY = {
  "cli/traces/trace_writer.ts": [{
    find: "if (!now && nowMs - this.#lookedMs < LOOK_MS) return;",
    replace: "if (!now) return;",
  }],
};

/**
 * Appends in the middle of recording.
 *
 * @returns What the summary says.
 */
async function inTheMidst(
  changes: ConstructorParameters<typeof ChangedReader>[0] = {},
): Promise<{ records: number; left: number; says: string }> {
  using changed = new ChangedReader({ ...RARELY, ...changes });
  await using recording = new Recording((args) => changed.command(args));
  await recording.begin();
  recording.append();
  const { size } = Deno.statSync(recording.ring);
  recording.flood(10);
  await until("more", () => Deno.statSync(recording.ring).size > size);
  const { code, told } = await recording.end();
  assertEquals(code, 1);
  const all = told.join("\n");
  const bytes = /truncate -s (\d+)/.exec(all)![1];
  await runCommand(["truncate", "-s", bytes, recording.ring]);
  return {
    records: Number(/: (\d+) records, /.exec(all)![1]),
    left: await recordsIn(recording.trace).catch(() => -1),
    says: all,
  };
}

Deno.test({
  name:
    "record: records behind what others have appended are not counted; control: not looked for, the remedy is wrong",
  ignore,
  fn: async () => {
    const { records, left, says } = await inTheMidst();
    assertEquals([records, left], [15, 15], says);
    assertMatch(says, /; 5 records behind that go with it\n/);
    assertMatch(says, /5 not written/);
    assertMatch(says, /trace: 5 records that were recorded have been removed/);
    const control = await inTheMidst({
      "cli/traces/stream_file.ts": [{
        find: "if (this.#position() > end)",
        replace: "if (false)",
      }],
    });
    assert(control.left < control.records, control.says);
  },
});
