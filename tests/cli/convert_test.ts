// SPDX-License-Identifier: MIT
/** Tests the convert command. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { haveBabeltrace, openTrace } from "../support/babeltrace.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { readHeader } from "../../ring/header.ts";
import { ABI, BLOCK } from "../../ring/layout.ts";
import { Guest } from "../support/guest.ts";
import { runCommand, runReader } from "../support/reader_program.ts";
import { part, say } from "../support/regions.ts";
import {
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import { diskTest } from "../support/small_disk.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { haveTraceCmd, report } from "../support/trace_cmd.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

const MISSING = [
  ...haveTraceCmd() ? [] : ["trace-cmd"],
  ...haveBabeltrace() ? [] : ["babeltrace2"],
];
const ignore = MISSING.length > 0;
const WHY_NOT = missingReason(MISSING);
const RECORDS = 30;

/** Makes a guest with events in two epochs. */
function guestWithEvents(): Guest {
  const guest = new Guest({ metaBytes: 1 << 16 });
  for (const name of ["first", "last"]) {
    if (name === "last") guest.writer.restart();
    guest.writer.describe(SCHED_ID, SCHED_TEXT);
    for (let i = 0; i < RECORDS; i++) {
      guest.writer.write(i % 2, SCHED_ID, schedPayload(name));
    }
    say(guest.writer, 0, `${name} message\n`);
  }
  return guest;
}

/** Returns how often trace-cmd reports each task name of the events. */
async function namesIn(path: string): Promise<Record<string, number>> {
  const names: Record<string, number> = {};
  for (const { name, text } of await report(path)) {
    const key = text.match(/prev_comm=(\w+)/)?.[1] ?? `${name}: ${text}`;
    names[key] = (names[key] ?? 0) + 1;
  }
  return names;
}

const LAST = {
  last: RECORDS,
  "print: ivring: takeover (boot)": 3,
  "print: last message": 1,
};
const FIRST = { first: RECORDS, "print: first message": 1 };

Deno.test("convert: parts that are left out of a trace.dat are reported", async () => {
  using guest = new Guest();
  for (const [offset, text] of [[0, "abcd"], [5, "efgh"]] as const) {
    guest.writer.write(0, ABI.ID_PART, part(0, offset, 12, text));
  }
  using folder = new TempFolder();
  const { code, stderr } = await runReader(
    ...["convert", "--to", "trace.dat", "-s", guest.name],
    ...["-o", folder.at("trace.dat")],
  );
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "1 parts of long messages left out");
});

Deno.test({
  name: skippedName(
    "convert: an object, a copy of one, and a recorded trace",
    WHY_NOT,
  ),
  ignore,
  fn: async () => {
    using guest = guestWithEvents();
    using folder = new TempFolder();
    const image = folder.at("image");
    await Deno.copyFile(guest.object.path, image);
    const trace = folder.at("trace");
    const run = async (...args: string[]) => {
      const out = await runReader("convert", ...args);
      assertEquals([out.code, out.stdout], [0, ""], out.stderr);
      return out.stderr;
    };
    await run("--to", "ctf", "-s", guest.name, "-o", trace);
    const ctf = await openTrace(trace);
    assertEquals([...ctf.events.values()].flat().length, 2 * RECORDS + 5);
    for (
      const source of [
        ["-s", guest.name],
        ["--image", image],
        ["--trace", trace],
      ]
    ) {
      const file = folder.at("trace.dat");
      const to = ["--to", "trace.dat", "-o", file];
      const said = await run(...to, ...source);
      assertStringIncludes(
        said,
        "epoch 1; others are there: 0; --epoch N takes",
      );
      assertEquals(await namesIn(file), LAST);
      assertEquals(await run(...to, ...source, "--epoch", "0", "-q"), "");
      assertEquals(await namesIn(file), FIRST);
      const none = await runReader("convert", ...to, ...source, "--epoch=9");
      assertEquals([none.code, none.stdout], [1, ""]);
      assertStringIncludes(
        none.stderr,
        "option --epoch: no record is of epoch 9; there are records of epoch " +
          "0, 1\n",
      );
    }
    const epoch = `${trace}/session-0/epoch-0`;
    const file = folder.at("trace.dat");
    await run("--to", "trace.dat", "-o", file, "--trace", epoch);
    assertEquals(await namesIn(file), FIRST);
    assertEquals(folder.names(), ["image", "trace", "trace.dat"]);
  },
});

Deno.test("convert: what cannot be converted", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  using empty = new TempFolder();
  const file = folder.at("file");
  const to = ["--to", "trace.dat", "-o", file];
  const source = ["-s", guest.name];
  const cases: [code: number, args: string[], message: string][] = [
    [2, ["-o", file, ...source], "option --to is missing"],
    [2, ["--to", "mp3", "-o", file, ...source], '"mp3" is none of trace.dat'],
    [2, [...to], "option -s, --shm is missing"],
    [
      2,
      [...to, ...source, "--trace", "x"],
      "option --trace does not go together",
    ],
    [
      2,
      [...to, ...source, "--image", "x"],
      "option --image does not go together",
    ],
    [2, [...to, ...source, "--epoch", "one"], 'option --epoch: "one" is no'],
    [
      2,
      ["--to", "ctf", "-o", file, "--trace", "x"],
      "option --trace does not go together with a CTF trace",
    ],
    [
      1,
      [...to, "--trace", folder.at("x")],
      "there is no such file or directory",
    ],
    [1, [...to, "--trace", empty.path], "holds no trace"],
    [1, [...to, "-s", "/ivring-test-nothing"], "no shared memory object"],
    [1, [...to, ...source], "holds no records yet"],
  ];
  for (const [expected, args, message] of cases) {
    const { code, stdout, stderr } = await runReader("convert", ...args);
    assertEquals([code, stdout], [expected, ""], `${args} ${stderr}`);
    assertStringIncludes(stderr, message);
  }
  assertEquals(folder.names(), [], "nothing is left behind");
});

Deno.test("convert: of several objects' traces one has to be named", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  say(guest.writer, 0, "x\n");
  const root = folder.at("traces");
  const { code } = await runReader(
    ...["record", "-s", `${guest.name}*`, "-o", root, "--once", "-q"],
  );
  assertEquals(code, 0);
  const to = ["--to", "trace.dat", "-o", folder.at("file"), "--trace"];
  const refused = await runReader("convert", ...to, root);
  assertEquals([refused.code, refused.stdout], [1, ""]);
  const inside = `${root}/${guest.name.slice(1)}`;
  assertStringIncludes(
    refused.stderr,
    `${root}: holds the traces of several objects: give one of them: ${inside}`,
  );
  assertEquals((await runReader("convert", ...to, inside)).code, 0);
});

/** Returns the files of a trace, with what is in them. */
function contentOf(folder: string): Record<string, string> {
  const content: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) Object.assign(content, contentOf(path));
    else content[path] = Deno.readFileSync(path).toBase64();
  }
  return content;
}

/** A recorded trace that contains links to folders. */
class LinkedTrace implements Disposable {
  readonly folder = new TempFolder();
  readonly path = this.folder.at("trace");
  readonly #guest = guestWithEvents();

  async record(): Promise<Record<string, string>> {
    const { code, stderr } = await runReader(
      ...["record", "-s", this.#guest.name, "--once", "-o", this.path],
    );
    assertEquals(code, 0, stderr);
    Deno.symlinkSync("trace/session-0", this.folder.at("link"));
    Deno.symlinkSync("trace/session-0/epoch-1", this.folder.at("deep"));
    return contentOf(this.path);
  }

  args(output: string): string[] {
    return [
      ...["convert", "-q", "--to", "trace.dat", "--trace", this.path],
      ...["-o", this.folder.at(output)],
    ];
  }

  [Symbol.dispose](): void {
    this.#guest[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}

Deno.test("convert -o: nothing is made or replaced inside of the trace that is read", async () => {
  using trace = new LinkedTrace();
  const before = await trace.record();
  for (
    const output of [
      "trace/new",
      "trace/session-0/epoch-1/ring-0",
      "trace/session-0/epoch-1/metadata",
      "trace/session-0/new",
      "trace/./session-0/../new",
      "link/new",
      "link/epoch-1/ring-0",
      "link/../new",
      "deep/../../new",
    ]
  ) {
    const { code, stderr } = await runReader(...trace.args(output));
    assertEquals([output, code], [output, 2]);
    assertStringIncludes(stderr, " is inside of what --trace names\n");
    assertEquals(contentOf(trace.path), before);
  }
  // The folders above and beside the trace are other folders.
  for (const output of ["new", "trace/../new", "link/../../new"]) {
    const { code, stderr } = await runReader(...trace.args(output));
    assertEquals([output, code, stderr], [output, 0, ""]);
  }
  assertEquals(contentOf(trace.path), before);
});

Deno.test("control: unguarded, convert replaces the recording that it reads", async () => {
  using trace = new LinkedTrace();
  const before = await trace.record();
  using unguarded = new ChangedReader({
    "cli/files/identity.ts": [{
      find: "identityOf(libc, above) === wanted",
      replace: "false",
    }],
    "cli/arguments/paths.ts": [{
      find: "if (!isIn(libc, path)) return;",
      replace: "return;",
    }],
    "cli/traces/trace_dat_target.ts": [{
      find: "if (isReplaceable(libc, path)) return held;",
      replace: "return held;",
    }],
  });
  const output = "trace/session-0/epoch-1/ring-0";
  await runCommand(unguarded.command(trace.args(output)));
  assert(
    contentOf(trace.path)[trace.folder.at(output)] !==
      before[trace.folder.at(output)],
  );
});

Deno.test("convert -o: a part of a trace is not replaced, whatever is read", async () => {
  using trace = new LinkedTrace();
  const before = await trace.record();
  using guest = guestWithEvents();
  const output = ["-o", `${trace.path}/session-0/epoch-0/ring-0`];
  const source = `${trace.path}/session-0/epoch-1`;
  for (const args of [["--trace", source], ["-s", guest.name]]) {
    const { code, stderr } = await runReader(
      ...["convert", "-q", "--to", "trace.dat", ...args, ...output],
    );
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      "ring-0: is in a trace that record made: give",
    );
    assertEquals(contentOf(trace.path), before);
  }
});

diskTest(
  "convert -o: a folder of the trace is the same by another mount",
  async () => {
    using trace = new LinkedTrace();
    const before = await trace.record();
    const inside = `${trace.path}/session-0/epoch-1`;
    Deno.mkdirSync(trace.folder.at("mount"));
    await runCommand(["mount", "--bind", inside, trace.folder.at("mount")]);
    try {
      const { code, stderr } = await runReader(...trace.args("mount/ring-0"));
      assertEquals(code, 1);
      assertStringIncludes(
        stderr,
        "ring-0: is in a trace that record made",
      );
      assertEquals(contentOf(trace.path), before);
    } finally {
      await runCommand(["umount", trace.folder.at("mount")]);
    }
  },
);
Deno.test("convert tells a ring that was overwritten meanwhile from an empty one", async () => {
  using folder = new TempFolder();
  using guest = new Guest({ nrTrace: 1 });
  for (let i = 0; i < 3; i++) say(guest.writer, 0, `message ${i}`);
  // The guest has numbered what it writes next, but published none of it. A
  // reader that is too late sees the blocks in this state.
  const { buffer } = guest.object;
  const [ring] = readHeader(buffer)!.rings;
  new DataView(buffer).setBigUint64(
    ring.dataOffset + ring.blockBytes + BLOCK.packetSeqNum,
    BigInt(1 + ring.nrBlocks),
    true,
  );
  const { code, stderr } = await runReader(
    ...["convert", "--to", "trace.dat", "-s", guest.name],
    ...["-o", folder.at("trace.dat")],
  );
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    `${guest.name}: none of its records was read: 3 were overwritten meanwhile`,
  );
});
