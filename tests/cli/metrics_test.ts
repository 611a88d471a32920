// SPDX-License-Identifier: MIT
// Tests --metrics-file, which Prometheus reads.
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type Measured, metricsText } from "../../cli/files/metrics.ts";
import { ABI } from "../../ring/layout.ts";
import { Totals } from "../../ring/totals.ts";
import { Guest } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import { haveProgram, programTest } from "../support/programs.ts";
import {
  Program,
  readerCommand,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { say } from "../support/regions.ts";
import { diskTest, SmallDisk } from "../support/small_disk.ts";
import { uniqueName } from "../support/shared_object.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const PROMTOOL = ["promtool", "prometheus"] as const;

/** Has Prometheus's own tool check a text. */
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

/** Returns an object's value of a metric; null if there is none. */
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
    guest: {
      ...{ state: 1, reason: 0, condition: "hung", mode: 2 },
      ...{ heartbeat: 2n ** 64n - 1n, beatUtcMs: 1234567 },
      driver: "1.2.3-rc1",
    },
    wakeups: null,
  },
];

Deno.test("metrics: a guest's driver cannot put an invalid version into a label", () => {
  const nasty = ['1"} 1\nivring_up{object="x', "evil", "1 2", "1\\", "é1", ""];
  for (const driver of nasty) {
    const guest = { ...SEEN[1].guest!, driver };
    const text = metricsText([{ ...SEEN[1], name: "/vm", guest }]);
    assert(text.includes('_driver_info{object="/vm",version=""} 1\n'), driver);
  }
});

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
  assert(text.includes(`_driver_info{object="${name}",version="1.2.3-rc1"} 1`));
  assert(text.includes(`{object="${name}",state="hung"} 1\n`));
  assert(text.includes(`{object="${name}",state="running"} 0\n`));
  for (const line of text.trimEnd().split("\n")) {
    assertMatch(
      line,
      /^(# (HELP|TYPE) ivring_\w+ .+|ivring_(objects|\w+\{.*\}) [\d.]+)$/,
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
    assertEquals(valueOf(text, "up", name), 0); // nobody reads it now
  }
  assertEquals(valueOf(text, "payload_bytes_total", a.name), 6);
  assertEquals(valueOf(text, "heartbeats_total", b.name), 7);
  assert(text.includes(`{object="${b.name}",state="panicked"} 1\n`));
  assert(text.includes(`{object="${b.name}",state="running"} 0\n`));
  const seen = valueOf(text, "heartbeat_seen_timestamp_seconds", a.name)!;
  assert(Math.abs(seen - Date.now() / 1000) < 600, `${seen}`);
  assertEquals(folder.names(), ["ivring.prom"]);
  if (haveProgram(...PROMTOOL)) await checkMetrics(text);
});

for (const umask of ["077", "000"]) {
  Deno.test(`--metrics-file: node_exporter may read it, umask ${umask}`, async () => {
    using folder = new TempFolder();
    using guest = new Guest();
    const args = ["-s", guest.name, "--once", "--metrics-file", folder.at("x")];
    const { code, stderr } = await runCommand([
      ...["bash", "-c", `umask ${umask}; exec "$@"`, "bash"],
      ...readerCommand(args),
    ]);
    assertEquals(code, 0, stderr);
    assertEquals(Deno.statSync(folder.at("x")).mode! & 0o777, 0o644);
  });
}

Deno.test("--metrics-file: with no object yet it says so", async () => {
  using folder = new TempFolder();
  const args = ["-s", `${uniqueName()}*`, "--once", "--metrics-file"];
  const { code, stderr } = await runReader(...args, folder.at("x.prom"));
  assertEquals(code, 1);
  assertStringIncludes(stderr, "ivring_reader: no ring matches ");
  assertStringIncludes(folder.read("x.prom"), "\nivring_objects 0\n");
  if (haveProgram(...PROMTOOL)) await checkMetrics(folder.read("x.prom"));
});

diskTest(
  "--metrics-file: on a full disk no empty file stays, and it ends with 1",
  async () => {
    using disk = new SmallDisk("size=64k");
    using guest = new Guest();
    disk.fill();
    const args = ["-s", guest.name, "--once", "--metrics-file"];
    const { code, stderr } = await runReader(...args, disk.at("x.prom"));
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /x\.prom\S*: no space left on device/);
    assertMatch(stderr, /x\.prom: the metrics could not be written: .*\n$/);
    assertEquals([...Deno.readDirSync(disk.path)].map(({ name }) => name), [
      "ballast",
    ]);
  },
);

Deno.test("--metrics-file that cannot be written: one line, exit 1", async () => {
  using guest = new Guest();
  const { code, stdout, stderr } = await runReader(
    ...["-s", guest.name, "--once", "--metrics-file", "/nonexistent/x.prom"],
  );
  assertEquals([code, stdout, stderr.split("\n").length], [1, "", 2]);
  assertMatch(
    stderr,
    /there is no directory \/nonexistent: make it first, or give --metrics-file/,
  );
});

Deno.test("--metrics-file: trouble later is told once, and ends nothing", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  await Deno.mkdir(folder.at("sub"));
  using often = new ChangedReader({
    "cli/files/metrics_file.ts": [{
      find: "const WRITE_MS = 5000;",
      replace: "const WRITE_MS = 50;",
    }],
  });
  await using reader = new Program(often.command(
    ["-s", guest.name, "--metrics-file", folder.at("sub/x.prom")],
  ));
  await until("it is there", () => folder.read("sub/x.prom") !== "");
  await Deno.rename(folder.at("sub"), folder.at("away"));
  await reader.stderr.until("sub/x.prom: there is no directory");
  await new Promise((resolve) => setTimeout(resolve, 500));
  say(guest.writer, 0, "on\n");
  assertEquals(await reader.stdout.next(), "on");
  reader.kill("SIGTERM");
  const said = await reader.stderr.rest();
  const told = said.filter((line) => line.includes("x.prom"));
  // It is reported once more at the end, because the file lacks the final
  // values.
  assertEquals(told.length, 2, told.join("\n"));
  assertMatch(told[1], /: the metrics could not be written: /);
  assertEquals(await reader.ended(), 1);
});
