// SPDX-License-Identifier: MIT
// Tests --lossless: the guest waits for the reader that consumes its records.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { consumerCursor } from "../../ring/consumer.ts";
import { readHeader } from "../../ring/header.ts";
import { CONSUMER, HOST } from "../../ring/layout.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { LosslessGuest } from "../support/lossless_guest.ts";
import {
  Program,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

/** A guest with a ring of about 64 KiB. */
class Consumed extends Guest {
  readonly lossless: LosslessGuest;

  constructor() {
    super({ nrTrace: 1, klogBytes: 65536 }, 1 << 18);
    this.lossless = new LosslessGuest(this.object.buffer, this.writer);
  }

  /** Returns the offset of a word of the host pages. */
  hostOffset(field: number): number {
    return readHeader(this.object.buffer)!.hostOffset + field;
  }
}

/** Checks that every number is there once and in order. */
function checkNumbers(text: string, count: number): void {
  const lines = text.trimEnd().split("\n");
  assertEquals(lines.length, count);
  const wrong = lines.findIndex((line, i) => parseInt(line) !== i);
  assertEquals(wrong, -1, lines[wrong]);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("lossless: written is delivered, dropped is counted, none is lost", async () => {
  using guest = new Consumed();
  using folder = new TempFolder();
  const { lossless } = guest;
  await using reader = new ReaderProgram(
    ...["-s", guest.name, "--lossless", "-f", folder.at("log")],
  );
  await until("a consumer", () => lossless.consumed);
  // The reader gets no processor, however fast it is.
  reader.kill("SIGSTOP");
  while (lossless.dropped < 1000) lossless.write();
  reader.kill("SIGCONT");
  while (lossless.written < 20_000) {
    for (let i = 0; i < 500; i++) lossless.write();
    await pause();
  }
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  checkNumbers(folder.read("log"), lossless.written);
  const [summary] = (await reader.stderr.rest()).slice(-1);
  const { written, dropped } = lossless;
  assert(summary.includes(`: ${written} records, `), summary);
  assert(summary.includes(` 0 lost, ${dropped} dropped, 0 corrupt`), summary);
  // The last records that were consumed were also reported to the guest.
  assertEquals(lossless.position, lossless.commit);
});

Deno.test("control: a reader that only looks on loses records", async () => {
  using guest = new Consumed();
  const { lossless } = guest;
  for (let i = 0; i < 5000; i++) lossless.write();
  assertEquals([lossless.dropped, lossless.consumed], [0, false]);
  const { stderr } = await runReader("-s", guest.name, "--once");
  assertMatch(stderr, /\d+ missed/);
});

Deno.test("lossless: a second consumer is refused and told whom by", async () => {
  using guest = new Consumed();
  const { lossless } = guest;
  const first = new ReaderProgram("-s", guest.name, "--lossless");
  try {
    await until("a consumer", () => lossless.consumed);
    const second = await runReader("-s", guest.name, "--lossless", "--once");
    assertEquals([second.code, second.stdout], [1, ""]);
    const who = `${guest.name}: process ${first.pid} \\(\\S+\\)`;
    assertMatch(second.stderr, new RegExp(`${who} consumes it already`));
    // A reader that only looks on is no second consumer.
    lossless.write();
    const third = await runReader("-s", guest.name, "--once", "-q");
    assertEquals([third.code, parseInt(third.stdout)], [0, 0]);
    first.kill("SIGKILL");
    await first.ended();
    const fourth = await runReader("-s", guest.name, "--lossless", "--once");
    assertEquals(fourth.code, 0);
  } finally {
    await first[Symbol.asyncDispose]();
  }
});

Deno.test("control: without the lock there are two consumers", async () => {
  using guest = new Consumed();
  using changed = new ChangedReader({
    "cli/regions/host_pages.ts": [{
      find: "if (pid === 0) return;",
      replace: "if (pid !== undefined) return;",
    }],
  });
  await using first = new ReaderProgram("-s", guest.name, "--lossless");
  await until("a consumer", () => guest.lossless.consumed);
  const args = ["-s", guest.name, "--lossless", "--once"];
  const { code } = await runCommand(changed.command(args));
  assertEquals(code, 0);
  first.kill("SIGTERM");
});

Deno.test("lossless: the next consumer goes on where the last one was", async () => {
  using guest = new Consumed();
  const { lossless } = guest;
  const args = ["-s", guest.name, "--lossless", "--once", "-q"];
  const text: string[] = [];
  for (let i = 0; i < 3; i++) {
    // This is more than the ring holds in total, but never more than it has
    // room for.
    for (let n = 0; n < 900; n++) assert(lossless.write());
    const { code, stdout } = await runReader(...args);
    assertEquals(code, 0);
    text.push(stdout);
  }
  checkNumbers(text.join(""), 2700);
});

Deno.test("lossless: kill -9 at any moment, with a cursor: none lost or twice", async () => {
  using guest = new Consumed();
  using folder = new TempFolder();
  const { lossless } = guest;
  const args = [
    ...["-s", guest.name, "--lossless", "-f", folder.at("log")],
    ...["--cursor-file", folder.at("cursor")],
  ];
  for (let round = 0; round < 10; round++) {
    await using reader = new ReaderProgram(...args);
    await until("a consumer", () => lossless.consumed);
    const grown = lossless.position;
    let left = 5 + Math.random() * 20;
    await until("it is time", () => {
      for (let i = 0; i < 300; i++) lossless.write();
      return lossless.position !== grown && left-- < 0;
    });
    reader.kill("SIGKILL");
    await reader.ended();
    // Nobody reads, and the ring is full before this ends.
    for (let i = 0; i < 5000; i++) lossless.write();
  }
  const { code, stderr } = await runReader(...args, "--once");
  assertEquals(code, 0);
  assertMatch(stderr, / 0 lost, /);
  assert(lossless.dropped > 0);
  checkNumbers(folder.read("log"), lossless.written);
});

Deno.test("control: what is read and not saved would be gone", async () => {
  using guest = new Consumed();
  using folder = new TempFolder();
  const { lossless } = guest;
  // This reports what was read to the guest, whatever is saved.
  using changed = new ChangedReader({
    "cli/printing/print_regions.ts": [{
      find: "checkpoint.resumable ? checkpoint.consumed : reader.consumed()",
      replace: "reader.consumed()",
    }],
    "cli/files/checkpoint.ts": [
      { find: "const SAVE_MS = 1000;", replace: "const SAVE_MS = 1e9;" },
      {
        find: "const UNSAVED_MAX = 1 / 4;",
        replace: "const UNSAVED_MAX = 1e9;",
      },
    ],
  });
  const args = [
    ...["-s", guest.name, "--lossless", "-f", folder.at("log")],
    ...["--cursor-file", folder.at("cursor")],
  ];
  {
    await using reader = new Program(changed.command(args));
    await until("a consumer", () => lossless.consumed);
    await until("twice what the ring holds", () => {
      for (let i = 0; i < 100; i++) lossless.write();
      return lossless.written > 4000;
    });
    reader.kill("SIGKILL");
    await reader.ended();
  }
  const { stderr } = await runReader(...args, "--once");
  assert(!/ 0 lost, /.test(stderr), stderr);
});

Deno.test("lossless: what the output does not take is kept, and we live", async () => {
  using guest = new Consumed();
  const { lossless } = guest;
  // Nobody reads this pipe.
  await using reader = new ReaderProgram("-s", guest.name, "--lossless");
  await until("a consumer", () => lossless.consumed);
  let { position, beat } = lossless;
  let signs = 0;
  await until("it lives, and consumes no more", () => {
    for (let i = 0; i < 100; i++) lossless.write(2000);
    if (lossless.beat !== beat) signs++;
    if (lossless.position !== position) signs = 0;
    ({ position, beat } = lossless);
    return signs >= 2 && lossless.dropped > 10_000;
  });
  assert(lossless.commit - position > 0);
  const { written } = lossless;
  const lines = reader.stdout;
  for (let i = 0; i < written; i++) {
    assertEquals(parseInt(await lines.next() ?? ""), i);
  }
  reader.kill("SIGTERM");
  assertMatch(
    (await reader.stderr.rest()).at(-1)!,
    / 0 lost, [1-9]\d* dropped/,
  );
});

Deno.test("lossless: a guest that overwrites all the same is told", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const args = ["-s", guest.name, "--lossless", "--once"];
  const { code, stdout, stderr } = await runReader(...args);
  assertEquals([code, stdout], [0, "hello\n"]);
  assertMatch(
    stderr,
    /the guest overwrites .*: load its driver with mode=loss/,
  );
});

/** What a guest may leave in the place of its consumer's positions. */
const GARBAGE: readonly (readonly [string, number, bigint, RegExp])[] = [
  ["no position", CONSUMER.position, 2n ** 64n - 1n, /number beyond 2\^52/],
  ["a position askew", CONSUMER.position, 4097n, /no multiple of 8/],
  ["a position in a header", CONSUMER.position, 8200n, /no record can be/],
  ["a position in block 0", CONSUMER.position, 0n, /no record can be/],
  ["no sequence", CONSUMER.nextSeq, 2n ** 60n, /number beyond 2\^52/],
  ["no count", CONSUMER.drops, 2n ** 60n, /number beyond 2\^52/],
  [
    "a sequence that the ring has not reached",
    CONSUMER.nextSeq,
    10n ** 9n,
    /cannot be right: ring 0: next is 1000000000, and the ring has only/,
  ],
];

for (const [what, field, value, says] of GARBAGE) {
  Deno.test(`lossless: ${what} in the guest's memory: from the oldest on`, async () => {
    using guest = new Consumed();
    for (let i = 0; i < 10; i++) guest.lossless.write();
    const args = ["-s", guest.name, "--lossless", "--once"];
    checkNumbers((await runReader(...args)).stdout, 10);
    const view = new DataView(guest.object.buffer);
    view.setBigUint64(guest.hostOffset(HOST.size + field), value, true);
    const { code, stdout, stderr } = await runReader(...args);
    assertEquals(code, 0);
    assertMatch(stderr, says);
    checkNumbers(stdout, 10);
  });
}

Deno.test("lossless: many guests, each with its own consumer's place", async () => {
  using a = new Consumed();
  using b = new Consumed();
  a.lossless.write();
  const args = ["-s", a.name, "-s", b.name, "--lossless", "--once", "-q"];
  const first = await runReader(...args);
  assertMatch(first.stdout, /^\S+: 0 x*\n$/);
  b.lossless.write();
  const second = await runReader(...args);
  assertMatch(second.stdout, new RegExp(`^${b.name}: 0 x*\n$`));
  for (const { object } of [a, b]) {
    const cursor = consumerCursor(object.buffer, readHeader(object.buffer)!);
    assertEquals(cursor?.rings[0].next, 1);
  }
});

Deno.test("lossless: recorders, one after the other, have each record once", async () => {
  using guest = new Consumed();
  using folder = new TempFolder();
  const { lossless } = guest;
  let records = 0;
  for (let i = 0; i < 3; i++) {
    for (let n = 0; n < 900; n++) assert(lossless.write());
    const { code, stderr } = await runReader(
      ...["record", "-s", guest.name, "--lossless", "--once"],
      ...["-o", folder.at(`trace-${i}`)],
    );
    assertEquals(code, 0);
    assertMatch(stderr, / 0 lost, 0 dropped, 0 corrupt/);
    records += Number(/(\d+) records/.exec(stderr)?.[1]);
  }
  assertEquals(records, 2700);
  assertEquals(lossless.position, lossless.commit);
});

Deno.test("lossless: info shows the consumer, and how far it lags", async () => {
  using guest = new Consumed();
  const { lossless } = guest;
  for (let i = 0; i < 10; i++) lossless.write();
  await runReader("-s", guest.name, "--lossless", "--once", "-q");
  lossless.write(40);
  const json = await runReader("info", "-s", guest.name, "--json");
  const { live, consumer, session, rings } = JSON.parse(json.stdout);
  assertEquals(live.mode, "lossless");
  assertEquals(consumer, { session, beat: String(lossless.beat) });
  assertEquals(rings[0].consumed, lossless.position);
  assertEquals(rings.map((ring: { lag: number }) => ring.lag), [56, 0]);
  const { stdout } = await runReader("info", "-s", guest.name);
  assertMatch(stdout, /\nmode +lossless, consumer of this session, beat \d+\n/);
  assertMatch(stdout, / +OLDEST +MISSED +CONSUMED +LAG\n/);
});

const WRONG: readonly (readonly [string[], RegExp])[] = [
  [["-n", "5"], /option -n, --lines does not go together with --lossless/],
  [
    ["record", "-o", "/x", "--count", "5"],
    /option --lossless does not go together with --count/,
  ],
];

for (const [args, says] of WRONG) {
  Deno.test(`lossless: not with what leaves records out: ${args[0]}`, async () => {
    const ended = await runReader(...args, "-s", "/x", "--lossless");
    assertEquals(ended.code, 2);
    assertMatch(ended.stderr, says);
  });
}
