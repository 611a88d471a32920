// SPDX-License-Identifier: MIT
/** `ring/` as a library: what `mod.ts` offers, in Deno and in Node.js. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ROOT } from "../../packaging/root.ts";
import {
  ABI,
  cursorFromJson,
  cursorToJson,
  type RecordContent,
  RecordReader,
  type RecordSink,
  RingFormatError,
  RingUnformattedError,
  ticksOf,
} from "../../ring/mod.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { BUNDLE_OPTIONS, ESBUILD, nodeTest } from "../support/node.ts";
import { runCommand, runReader } from "../support/reader_program.ts";
import { makeRegion, say } from "../support/regions.ts";
import {
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import { TempFolder } from "../support/temp_folder.ts";

const EXAMPLE = "examples/read_image.ts";
const OPAQUE_ID = 77;
/** Longer than one record can be. */
const LONG_TEXT = "long ".repeat(4000);
const KLOG_TEXT = "usb 1-1: new device\nwith a second line";

/** A region with a record of every kind, as a guest would have written it. */
function everyKind(): ArrayBuffer {
  // A clock whose ticks show in every digit that is printed.
  let now = 5_000_000_000n;
  const clock = () => now += 1_234_567n;
  const { buffer, writer } = makeRegion({ clock, metaBytes: 1 << 16 });
  const klogRing = writer.nrRings - 1;
  say(writer, 0, "hello\n");
  say(writer, 1, "\x1b[31mred\x1b[0m \u202e\u{1f600}\nnext line\n");
  writer.log({ seq: 7n, timeUs: 4_999_999n, priority: 3, text: KLOG_TEXT });
  say(writer, 0, LONG_TEXT);
  assert(writer.describe(SCHED_ID, SCHED_TEXT));
  writer.write(1, SCHED_ID, schedPayload("a task"));
  writer.write(0, OPAQUE_ID, Uint8Array.of(1, 2));
  writer.announce(1_700_000_000_000_000_000n, ABI.ANNOUNCE_STEP);
  writer.restart();
  say(writer, klogRing, "of another start");
  return buffer;
}

/** What the example has to print, from the reader's JSON. */
function expectedLines(json: string): string[] {
  const lines: string[] = [];
  for (const line of json.trimEnd().split("\n")) {
    const { event, ring, seq, clock, message, system, data } = JSON.parse(line);
    if (event === "clock" || event === "takeover" || event === "guest") {
      continue;
    }
    const us = BigInt(clock) / 1000n;
    const time = `${us / 1_000_000n}.${`${us % 1_000_000n}`.padStart(6, "0")}`;
    const text = event === "opaque"
      ? `opaque, ${data.length / 2} bytes`
      : system === undefined
      ? message
      : `${event}: ${message}`;
    const safe = [...text].map((each) =>
      each < " " || each === "\u202e"
        ? `\\u{${each.codePointAt(0).toString(16)}}`
        : each
    ).join("");
    lines.push(`${ring} ${seq} ${time} ${safe}`);
  }
  return lines;
}

/** A copy of such a region in a file, and what the reader says of it. */
class Image implements Disposable {
  readonly folder = new TempFolder();
  readonly path: string = this.folder.at("vm1.ring");

  constructor() {
    const bytes = new Uint8Array(everyKind());
    Deno.writeFileSync(this.path, bytes, { mode: 0o600 });
  }

  async expected(): Promise<string[]> {
    const args = ["--image", this.path, "--format", "json", "-q"];
    const { code, stdout, stderr } = await runReader("dump", ...args);
    assertEquals([code, stderr], [0, ""]);
    return expectedLines(stdout);
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

/** The example in Deno, with leave to read and nothing else. */
function inDeno(...args: string[]): string[] {
  const run = ["run", "--no-prompt", "--no-check", "--allow-read"];
  return [Deno.execPath(), ...run, EXAMPLE, ...args];
}

Deno.test("library: the example prints what the reader prints, with leave to read alone", async () => {
  using image = new Image();
  const { code, stdout, stderr } = await runCommand(inDeno(image.path));
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines, await image.expected());
  assertEquals(lines.length, 7);
  assertEquals(code, 0, stderr);
  // A record for each part of the long message, and two about the ring.
  assertMatch(stderr, /^\d\d records, 0 lost, 0 corrupt\n$/);
});

nodeTest("library: the example prints the same in Node.js", async (node) => {
  using image = new Image();
  const command = await node.command(EXAMPLE, image.folder.at("example.mjs"));
  const expected = await runCommand(inDeno(image.path));
  assertEquals(await runCommand([...command, image.path]), expected);
  assertEquals(expected.code, 0);
});

Deno.test("library: the example says in one line what is wrong", async () => {
  using folder = new TempFolder();
  Deno.writeFileSync(folder.at("zeros"), new Uint8Array(1 << 16));
  Deno.writeTextFileSync(folder.at("text"), "no region\n");
  for (
    const [args, expected, says] of [
      [[], 2, "usage: read_image FILE"],
      [[folder.at("none")], 1, "ENOENT"],
      [[folder.at("text")], 1, "not a ring: 10 bytes"],
      [[folder.at("zeros")], 1, "no guest has formatted it yet"],
    ] as const
  ) {
    const { code, stdout, stderr } = await runCommand(inDeno(...args));
    assertEquals([code, stdout], [expected, ""], stderr);
    assert(stderr.includes(says), stderr);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

/** All that a reader delivers, decoded, by ring. */
function contentsOf(memory: ArrayBuffer | Uint8Array): RecordContent[][] {
  const reader = new RecordReader(memory);
  const contents: RecordContent[][] = reader.info.rings.map(() => []);
  const whole = reader.readAll((record) => {
    contents[record.ring.index].push(reader.decode(record));
  });
  assert(whole);
  assertEquals(reader.totals.opaque, 1);
  return contents;
}

const EXPECTED: RecordContent[][] = [[
  { kind: "message", text: "hello\n" },
  { kind: "message", text: LONG_TEXT },
  { kind: "opaque", bytes: Uint8Array.of(1, 2) },
  { kind: "takeover", reason: "boot" },
], [
  {
    kind: "message",
    text: "\x1b[31mred\x1b[0m \u202e\u{1f600}\nnext line\n",
  },
  {
    kind: "event",
    text: "prev_comm=a task prev_pid=-5 prev_state=S",
    system: "sched",
    name: "sched_switch",
    task: 42,
    comm: null,
    context: ".....",
    fields: new Map<string, string | number>([
      ["prev_comm", "a task"],
      ["prev_pid", -5],
      ["prev_state", 1],
    ]),
    stack: null,
  },
  { kind: "takeover", reason: "boot" },
]];

Deno.test("library: records of every kind are decoded", () => {
  const [first, second, klog] = contentsOf(everyKind());
  assertEquals([first, second], EXPECTED);
  assertEquals(klog[0], {
    kind: "klog",
    text: KLOG_TEXT,
    seq: 7,
    timeUs: 4_999_999,
    skipped: 0,
    facility: 0,
    level: 3,
  });
  const clock = klog[1];
  assert(clock.kind === "clock" && clock.isStep);
  assertEquals(clock.utcNs, 1_700_000_000_000_000_000n);
});

Deno.test("library: a byte order mark is a part of a text", () => {
  const mark = "\ufeff";
  const { buffer, writer } = makeRegion({ metaBytes: 1 << 16 });
  say(writer, 0, `${mark}${mark}hello`);
  writer.log({ seq: 1n, text: `${mark}log` });
  assert(writer.describe(SCHED_ID, SCHED_TEXT));
  writer.write(0, SCHED_ID, schedPayload(`${mark}task`));
  const reader = new RecordReader(buffer);
  const texts: string[] = [];
  reader.readAll((record) => {
    const content = reader.decode(record);
    if ("text" in content) texts.push(content.text);
    if (content.kind !== "event") return;
    texts.push(String(content.fields.get("prev_comm")));
  });
  assertEquals(texts.toSorted(), [
    `prev_comm=${mark}task prev_pid=-5 prev_state=S`,
    `${mark}log`,
    `${mark}task`,
    `${mark}${mark}hello`,
  ]);
});

Deno.test("library: a region may be a part of a larger buffer", () => {
  const bytes = new Uint8Array(everyKind());
  const larger = new Uint8Array(bytes.length + 100);
  larger.set(bytes, 3);
  const inside = larger.subarray(3, 3 + bytes.length);
  assertEquals(contentsOf(inside), contentsOf(bytes.buffer));
  assertEquals(contentsOf(bytes), contentsOf(bytes.buffer));
});

Deno.test("library: live memory is followed, and another reader goes on", () => {
  const { buffer, writer } = makeRegion();
  const texts: string[] = [];
  const follow = (reader: RecordReader) => {
    do {
      const { held } = reader.drain((record) => {
        const content = reader.decode(record);
        assert(content.kind === "message");
        texts.push(content.text);
      });
      if (!held) return;
    } while (true);
  };
  const one = new RecordReader(buffer);
  assertEquals([one.isResumed, one.cursor()?.rings.length], [false, 3]);
  say(writer, 0, "a");
  follow(one);
  say(writer, 1, "b");
  follow(one);
  assertEquals(texts, ["a", "b"]);
  const saved = JSON.stringify(cursorToJson(one.cursor()!));
  say(writer, 0, "c");
  const cursor = cursorFromJson(JSON.parse(saved));
  const two = new RecordReader(buffer, { cursor });
  assert(two.isResumed);
  follow(two);
  assertEquals(texts, ["a", "b", "c"]);
  assertEquals([two.totals.records, two.totals.lost], [1, 0]);
});

Deno.test("library: to read all ends, though the guest goes on", () => {
  const { buffer, writer } = makeRegion();
  for (const text of ["a", "b", "c"]) say(writer, 0, text);
  const reader = new RecordReader(buffer);
  let seen = 0;
  let latest = 0n;
  const whole = reader.readAll((record) => {
    seen++;
    assert(ticksOf(record) > latest);
    latest = ticksOf(record);
    say(writer, 0, "more");
  });
  assertEquals([whole, seen], [true, 3]);
});

/** What a reader does with a sink, by the method's name. */
const DELIVERIES: Readonly<
  Record<string, (reader: RecordReader, sink: RecordSink) => unknown>
> = {
  readAll: (reader, sink) => reader.readAll(sink),
  drain: (reader, sink) => reader.drain(sink),
  finish: (reader, sink) => reader.finish(sink),
  reattach: (reader, sink) => reader.reattach(sink),
};

/** A reader that holds back three records, which one method will deliver. */
function holding(name: string): RecordReader {
  const { buffer, writer } = makeRegion();
  for (const text of ["a", "b", "c"]) say(writer, 0, text);
  const reader = new RecordReader(buffer);
  assertEquals(reader.drain(() => {}).records, 0);
  if (name === "reattach") new RegionWriter(buffer, { nrTrace: 2 });
  return reader;
}

for (const [name, deliver] of Object.entries(DELIVERIES)) {
  Deno.test(`library: after a sink threw in ${name}, the reader reads no more`, () => {
    const reader = holding(name);
    let calls = 0;
    const thrown = assertThrows(() =>
      deliver(reader, () => {
        if (++calls === 2) throw new TypeError("of the sink");
      }), TypeError);
    assertEquals([thrown.message, calls], ["of the sink", 2]);
    const { records } = reader.totals;
    for (const again of Object.values(DELIVERIES)) {
      assertThrows(() => again(reader, () => calls++), Error, "a sink threw");
    }
    assertThrows(() => reader.cursor(), Error, "a sink threw");
    assertEquals([reader.totals.records, calls], [records, 2]);
  });

  Deno.test(`library: a sink in ${name} cannot make the reader read`, () => {
    const reader = holding(name);
    let calls = 0;
    deliver(reader, (record) => {
      calls++;
      for (const inner of Object.values(DELIVERIES)) {
        assertThrows(() => inner(reader, () => calls++), Error, "delivering");
      }
      reader.cursor();
      assertEquals(reader.decode(record).kind, "message");
    });
    assertEquals([calls, reader.totals.records], [3, 3]);
  });
}

Deno.test("library: to read all says that the guest was formatting", () => {
  const { buffer, writer } = makeRegion();
  say(writer, 0, "a");
  const reader = new RecordReader(buffer);
  new DataView(buffer).setBigUint64(0, 0n);
  assertEquals(reader.readAll(() => {}), false);
});

Deno.test("library: what is no region is refused by its own error", () => {
  const zeros = new ArrayBuffer(ABI.REGION_BYTES_MIN);
  assertThrows(() => new RecordReader(zeros), RingUnformattedError);
  assertThrows(() => new RecordReader(zeros.slice(1)), RingFormatError);
});

/** Runs Deno with a configuration that is the repository's but for this. */
async function deno(
  args: readonly string[],
  compilerOptions: Readonly<Record<string, unknown>>,
): Promise<{ code: number; output: string }> {
  using folder = new TempFolder();
  const own = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
  const config = {
    imports: { [own.name]: new URL(own.exports, `file://${ROOT}/`).href },
    compilerOptions: { ...own.compilerOptions, ...compilerOptions },
  };
  Deno.writeTextFileSync(folder.at("deno.json"), JSON.stringify(config));
  const { code, stdout, stderr } = await runCommand([
    ...[Deno.execPath(), ...args, "--no-lock"],
    ...["--config", folder.at("deno.json")],
  ]);
  return { code, output: stdout + stderr };
}

Deno.test("library: it uses no API of Deno's, and none that Node.js 20 lacks", async () => {
  const { code, output } = await deno(["check", "ring/mod.ts"], {
    lib: ["es2023", "dom"],
    erasableSyntaxOnly: true, // or Node.js does not run it as it is
  });
  assertEquals(code, 0, output);
});

/** Checks the examples in docstrings. */
function checkExamples(
  ...paths: string[]
): Promise<{ code: number; output: string }> {
  // What an example only defines is for the one who reads it.
  return deno(["check", "--doc-only", ...paths], { noUnusedLocals: false });
}

Deno.test("library: the examples in its documentation are right", async () => {
  const { code, output } = await checkExamples(...documentedSources());
  assertEquals(code, 0, output);
});

Deno.test("control: an example that is wrong is found", async () => {
  using folder = new TempFolder();
  const line = 'import { noSuchThing } from "@ivring/ring";';
  Deno.writeTextFileSync(
    folder.at("wrong.ts"),
    `/**\n * @example\n * \`\`\`ts\n * ${line}\n * \`\`\`\n */\nexport {};\n`,
  );
  const { code, output } = await checkExamples(folder.at("wrong.ts"));
  assertEquals(code, 1, output);
  assert(output.includes("noSuchThing"), output);
});

function documentedSources(): string[] {
  return [...Deno.readDirSync(`${ROOT}/ring`)].map(({ name }) => `ring/${name}`)
    .filter((path) => path.endsWith(".ts"));
}

Deno.test("library: what it exports is documented, with all its types", async () => {
  const { code, stdout, stderr } = await runCommand(
    [Deno.execPath(), "doc", "--lint", "ring/mod.ts"],
  );
  assertEquals(code, 0, stdout + stderr);
});

Deno.test("library: it can be published, with nothing but what it needs", async () => {
  const { code, stdout, stderr } = await runCommand(
    [Deno.execPath(), "publish", "--dry-run", "--allow-dirty"],
  );
  const output = stdout + stderr;
  assertEquals(code, 0, output);
  assert(!/warning|slow type/i.test(output.replace("for slow types", "")));
  const files = [...output.matchAll(/^ +file:\/\/(\S+)/gm)]
    .map(([, path]) => path.replace(`${ROOT}/`, ""));
  const others = files.filter((path) =>
    !/^ring\/(events\/(functions\/)?|symbols\/)?\w+\.ts$/.test(path)
  );
  assertEquals(others.sort(), ["LICENSE", "README.md", "deno.json"]);
  assert(files.includes("ring/mod.ts"), output);
});

Deno.test("library: its page has the options that the tests use", () => {
  const page = Deno.readTextFileSync(`${ROOT}/docs/how-to/library.md`);
  const call = `npx -y ${ESBUILD} ${EXAMPLE} ${BUNDLE_OPTIONS.join(" ")}`;
  assert(page.includes(call));
  assert(page.includes(`\`npx -y ${ESBUILD} ring/mod.ts `));
});
