// SPDX-License-Identifier: MIT
/** The metrics that the reader writes are those that the reference lists. */
import { assertEquals, assertNotEquals } from "@std/assert";
import {
  type Measured,
  METRICS,
  metricsText,
} from "../../cli/files/metrics.ts";
import { METRICS_PAGE_PATH } from "../../packaging/metrics_page.ts";
import { ROOT } from "../../packaging/root.ts";
import { Totals } from "../../ring/totals.ts";
import { Guest } from "../support/guest.ts";
import { runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { awake, Served } from "../support/served_reader.ts";
import { uniqueName } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** A metric as it is written: what its first lines say, and its labels. */
interface Written {
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** Reads the text format of Prometheus. */
function metricsIn(text: string): Map<string, Written> {
  const found = new Map<string, Written>();
  let help = "";
  let type = "";
  for (const line of text.trimEnd().split("\n")) {
    const [, what, said] = /^# (HELP|TYPE) (.*)$/.exec(line) ?? [];
    if (what === "HELP") help = said;
    else if (what === "TYPE") type = said;
    else {
      const [, name, inner = ""] = /^(\w+)(?:\{(.*)\})? /.exec(line)!;
      const labels = [...inner.matchAll(/(\w+)="/g)].map(([, label]) => label);
      found.set(name, { help, type, labels });
    }
  }
  return found;
}

/** What the table says of some metrics, in the same form. */
function described(names: readonly string[]): Map<string, Written> {
  return new Map(
    METRICS.filter(({ name }) => names.includes(name)).map((
      { name, help, type, labels },
    ) => [name, {
      help: `${name} ${help}`,
      type: `${name} ${type}`,
      labels,
    }]),
  );
}

const NAMES = METRICS.map(({ name }) => name);
const WAITED_FOR: Measured = {
  name: "/vm1",
  totals: new Totals(),
  guest: null,
  isReading: false,
  wakeups: null,
};

/** Asserts that a text has exactly these metrics, as the table says. */
function assertWritten(text: string, names: readonly string[]): void {
  assertEquals(metricsIn(text), described(names));
}

const WITH_GUEST = METRICS.filter(({ absent }) =>
  absent.startsWith("while the reader waits")
).map(({ name }) => name);
const WITH_DOORBELL = ["ivring_doorbell_wakeups_total"];

/** All metrics but these. */
function allBut(...names: string[]): string[] {
  return NAMES.filter((name) => !names.includes(name));
}

Deno.test("names of metrics are distinct, and end as their types want it", () => {
  assertEquals(new Set(NAMES).size, NAMES.length);
  for (const { name, type } of METRICS) {
    assertEquals(name.endsWith("_total"), type === "counter", name);
  }
});

Deno.test("the page lists each metric once, and no other", () => {
  const page = Deno.readTextFileSync(`${ROOT}/${METRICS_PAGE_PATH}`);
  const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  assertEquals(listed, NAMES);
});

Deno.test("metrics are absent when the table says so", () => {
  assertWritten(metricsText([]), ["ivring_objects"]);
  const always = allBut(...WITH_GUEST, ...WITH_DOORBELL);
  assertWritten(metricsText([WAITED_FOR]), always);
  for (const { name, absent } of METRICS) {
    assertEquals(absent === "", always.includes(name), name);
  }
  assertWritten(
    metricsText([{ ...WAITED_FOR, wakeups: 0 }]),
    allBut(...WITH_GUEST),
  );
});

Deno.test("control: a metric that is left out, renamed or added is found", () => {
  const text = metricsText([WAITED_FOR]);
  const names = [...metricsIn(text).keys()];
  assertEquals(metricsIn(text), described(names));
  const wrong = [
    text.replace(/^.*ivring_up.*\n/gm, ""),
    text.replaceAll("ivring_up", "ivring_is_up"),
    text.replace("# TYPE ivring_up gauge", "# TYPE ivring_up counter"),
    text.replace("ivring_up{", 'ivring_up{more="",'),
    `${text}ivring_more 1\n`,
  ];
  for (const each of wrong) {
    assertNotEquals(metricsIn(each), described(names));
  }
});

Deno.test("a reader writes exactly these metrics", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const file = folder.at("x.prom");
  const args = ["-s", guest.name, "--once", "--metrics-file", file];
  const { code, stderr } = await runReader(...args);
  assertEquals(code, 0, stderr);
  assertWritten(folder.read("x.prom"), allBut(...WITH_DOORBELL));
});

Deno.test("a reader that serves a doorbell writes all metrics", async () => {
  using folder = new TempFolder();
  const options = ["-m", "1", "--metrics-file", folder.at("x.prom")];
  await using served = new Served(options);
  using guest = await served.guest();
  await awake(served, guest);
  served.reader.kill("SIGTERM");
  assertEquals(await served.reader.ended(), 0);
  assertWritten(folder.read("x.prom"), NAMES);
});

Deno.test("a reader that waits writes only what it knows", async () => {
  using folder = new TempFolder();
  const args = ["-s", `${uniqueName()}*`, "--once", "--metrics-file"];
  const { code } = await runReader(...args, folder.at("x.prom"));
  assertEquals(code, 1);
  assertWritten(folder.read("x.prom"), ["ivring_objects"]);
});
