// SPDX-License-Identifier: MIT
// --metrics-file: what Prometheus reads.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Measured, metricsText } from "../../cli/metrics.ts";
import { ABI } from "../../ring/layout.ts";
import { Totals } from "../../ring/totals.ts";
import { Guest } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import { haveProgram, programTest } from "../support/programs.ts";
import {
  Program,
  ReaderProgram,
  runReader,
} from "../support/reader_program.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const PROMTOOL = ["promtool", "prometheus"] as const;

/** Prometheus's own opinion of a text. */
async function checkMetrics(text: string): Promise<void> {
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  assertEquals([code, said], [0, ""]);
}

/** A metric's value of an object; null if there is none. */
function valueOf(text: string, metric: string, object: string): number | null {
  const line = text.split("\n").find((each) =>
    each.startsWith(`ivring_${metric}{object="${object}"`)
  );
  return line === undefined ? null : Number(line.split(" ").at(-1));
}

const NASTY = '/a"b\\c\nd} 1';
const SEEN: readonly Measured[] = [
  {
    name: "/vm1",
    totals: new Totals(),
    guest: null,
    isReading: false,
    wakeups: 7,
  },
  {
    name: NASTY,
    totals: Object.assign(new Totals(), { records: 5, lost: 2 ** 40 }),
    isReading: true,
    guest: { state: 1, mode: 2, heartbeat: 2n ** 64n - 1n, beatUtcMs: 1234567 },
    wakeups: null,
  },
];

Deno.test("metrics: names of objects cannot pass for anything else", () => {
  const text = metricsText(SEEN);
  const name = '/a\\"b\\\\c\\nd} 1';
  assert(text.includes(`\nivring_records_total{object="${name}"} 5\n`));
  assert(
    text.includes(
      `ivring_lost_records_total{object="${name}"} 1099511627776\n`,
    ),
  );
  assert(text.includes('ivring_up{object="/vm1"} 0\n'));
  assert(text.includes('ivring_doorbell_wakeups_total{object="/vm1"} 7\n'));
  assert(text.includes(`{object="${name}",mode="unconsumed"} 1\n`));
  for (const line of text.trimEnd().split("\n")) {
    assertMatch(
      line,
      /^(# (HELP|TYPE) ivring_\w+ .+|ivring_\w+\{.*\} [\d.]+)$/,
    );
  }
});

Deno.test("control: unescaped, a name would", () => {
  const text = metricsText(SEEN).replaceAll('\\"', '"').replaceAll("\\n", "\n");
  assert(text.split("\n").some((line) => line.startsWith('d} 1"')));
});

programTest(
  "metrics: promtool accepts them",
  ...PROMTOOL,
  () => checkMetrics(metricsText(SEEN)),
);

programTest(
  "metrics: promtool refuses what is wrong",
  ...PROMTOOL,
  async () => {
    const text = metricsText(SEEN).replaceAll('\\"', '"');
    await assertRejects(() => checkMetrics(text));
  },
);

Deno.test("--metrics-file: of each object, while it reads and at the end", async () => {
  using folder = new TempFolder();
  using a = new Guest();
  using b = new Guest();
  const file = folder.at("ivring.prom");
  say(a.writer, 0, "hello\n");
  setLive(b.object.buffer, { state: ABI.STATE_PANICKED, heartbeat: 7 });
  await using reader = new ReaderProgram(
    ...["-s", a.name, "-s", b.name, "--metrics-file", file],
  );
  assertEquals(await reader.stdout.next(), `${a.name}: hello`);
  await until(
    "the file tells of it",
    () => valueOf(folder.read("ivring.prom"), "records_total", a.name) === 1,
  );
  say(b.writer, 0, "more\n");
  assertEquals(await reader.stdout.next(), `${b.name}: more`);
  assertEquals(valueOf(folder.read("ivring.prom"), "up", b.name), 1);
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  const text = folder.read("ivring.prom");
  for (const { name } of [a, b]) {
    assertEquals(valueOf(text, "records_total", name), 1);
    assertEquals(valueOf(text, "lost_records_total", name), 0);
    assertEquals(valueOf(text, "up", name), 0); // nobody reads any more
  }
  assertEquals(valueOf(text, "payload_bytes_total", a.name), 6);
  assertEquals(valueOf(text, "heartbeats_total", b.name), 7);
  assert(text.includes(`{object="${b.name}",state="panicked"} 1\n`));
  assert(text.includes(`{object="${b.name}",state="running"} 0\n`));
  const seen = valueOf(text, "heartbeat_seen_timestamp_seconds", a.name)!;
  assert(Math.abs(seen - Date.now() / 1000) < 600, `${seen}`);
  assertEquals(folder.names(), ["ivring.prom"]);
  const { mode } = await Deno.stat(file);
  assertEquals(mode! & 0o444, 0o444);
  if (haveProgram(...PROMTOOL)) await checkMetrics(text);
});

Deno.test("--metrics-file that cannot be written: one line, exit 1", async () => {
  using guest = new Guest();
  const { code, stdout, stderr } = await runReader(
    ...["-s", guest.name, "--once", "--metrics-file", "/nonexistent/x.prom"],
  );
  assertEquals([code, stdout, stderr.split("\n").length], [1, "", 2]);
  assertMatch(stderr, /check that --metrics-file names a file that may be/);
});

Deno.test("--metrics-file: trouble later is told once, and ends nothing", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  await Deno.mkdir(folder.at("sub"));
  using often = new ChangedReader({
    "cli/metrics.ts": [{
      find: "const WRITE_MS = 5000;",
      replace: "const WRITE_MS = 50;",
    }],
  });
  await using reader = new Program(often.command(
    ["-s", guest.name, "--metrics-file", folder.at("sub/x.prom")],
  ));
  await until("it is there", () => folder.read("sub/x.prom") !== "");
  await Deno.rename(folder.at("sub"), folder.at("away"));
  await reader.stderr.until("sub/x.prom.tmp");
  await new Promise((resolve) => setTimeout(resolve, 500));
  say(guest.writer, 0, "on\n");
  assertEquals(await reader.stdout.next(), "on");
  reader.kill("SIGTERM");
  const said = await reader.stderr.rest();
  const told = said.filter((line) => line.includes("x.prom"));
  // Another one if the folder went between making and renaming.
  assert(told.length === 1 || /rename/.test(told[0]), told.join("\n"));
  assertEquals(told.filter((line) => !/rename/.test(line)).length, 1);
  assertEquals(await reader.ended(), 0);
});
