// SPDX-License-Identifier: MIT
// Tests what is computed from what the guest, the rivals and the readers print.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { isLossless, stepOf } from "./end_run.ts";
import { figureOf } from "./figures.ts";
import { countLines, countPages, parseStats } from "./table_count.ts";
import { type Row, workFigures } from "./table_slices.ts";
import { BARE, KERNEL, type Subject } from "./table_subjects.ts";
import {
  disturbed,
  type Mode,
  modeGoals,
  modeTables,
  overheads,
} from "./table_tables.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("events are counted in text, and losses are none", () => {
  const text = "  <idle>-0 [000] d..1. 1.5: sched_switch: a=b\n" +
    "CPU:0 [LOST 12 EVENTS]\n\n  sh-1 [000] ..... 1.6: kfree: c=d\n  cut o";
  assertEquals(countLines(bytes(text)), 2);
  assertEquals(countLines(bytes("")), 0);
});

/** Makes a page of the kernel's buffer with this many events of 8 bytes. */
function page(events: number, flags: number): Uint8Array {
  const page = new Uint8Array(4096);
  const view = new DataView(page.buffer);
  view.setUint32(8, events * 12 | flags, true);
  for (let i = 0; i < events; i++) view.setUint32(16 + i * 12, 2, true);
  return page;
}

Deno.test("events are counted in pages, behind a loss too", () => {
  const both = new Uint8Array(8192);
  both.set(page(3, 0));
  both.set(page(5, 0xc0000000 | 0), 4096);
  assertEquals(countPages(both), 8);
  assertEquals(both[4096 + 11], 0xc0, "what was counted is left as it was");
  assertEquals(countPages(page(0, 0)), 0);
});

Deno.test("what the kernel's buffer holds, held and lost", () => {
  const text = "entries: 5\noverrun: 30\ncommit overrun: 0\nbytes: 1\n" +
    "oldest event ts: 1.0\nnow ts: 2.0\ndropped events: 2\nread events: 100\n";
  assertEquals(parseStats(text), { recorded: 137, lost: 32 });
  assertThrows(() => parseStats("entries: 5\n"), Error, "overrun");
});

Deno.test("the work's figures are on a line of their own", () => {
  const said = "a warning units=1\nunits=7 ticks=3 late=0 crc=9\n@counters\n";
  assertEquals(workFigures(said), { units: 7, ticks: 3, late: 0, crc: 9 });
  assertThrows(() => workFigures("Killed\n"), Error, "Killed");
});

const row = (subject: Subject, scores: number[], recorded = 1000): Row => ({
  subject,
  slices: scores.map((score) => ({ score, recorded, lostPercent: 0 })),
  arrivedPercent: 100,
});

const MODE: Mode = {
  id: "x",
  title: "t",
  note: "",
  isHeavier: false,
};

Deno.test("overhead is against the same round, and no goal is met by chance", () => {
  const bare = row(BARE, [1000, 500]);
  const rows = [
    bare,
    row(KERNEL, [990, 495]),
    row({ ...BARE, name: "IVRing" }, [980, 490]),
    row({ ...BARE, name: "slow", form: "text" }, [800, 400]),
    row({ ...BARE, name: "slower", form: "text" }, [700, 300]),
  ];
  assertEquals(overheads(rows[3], bare).map(Math.round), [20, 20]);
  // The second round's score is half the first one's, so that machine was busy.
  assert(disturbed(MODE, rows)?.includes("from 500 to 1000"));
  const found = modeGoals(MODE, rows).map((goal) => goal.found);
  assertEquals(found, [null, figureOf([100]), null, null, null]);
});

Deno.test("the goals of a machine that had nothing else to do", () => {
  const bare = row(BARE, [1000, 1100]);
  const rows = [
    bare,
    row(KERNEL, [990, 1089]),
    row({ ...BARE, name: "IVRing" }, [980, 1078]),
    row({ ...BARE, name: "slow", form: "text" }, [800, 880]),
    row({ ...BARE, name: "slower", form: "text" }, [700, 770]),
  ];
  assertEquals(disturbed(MODE, rows), null);
  const [less, arrived, own, text, pages] = modeGoals(MODE, rows);
  assertEquals(own.found?.median.toFixed(6), "2.000000");
  assertEquals(less.found?.median.toFixed(6), "2.000000");
  assertEquals(arrived.found?.median, 100);
  assertEquals(text.found?.median.toFixed(6), "10.000000");
  assertEquals(pages.found, null);
  assertEquals(
    modeGoals({ ...MODE, isHeavier: true }, rows),
    [less, arrived],
    "what tracing costs at the table's load is no goal at another",
  );
  const event = modeTables(MODE, rows).find(({ id }) => id === "table-x-event");
  // This is 1 % of a second for 1000 events.
  assertEquals(event?.rows[0].figures[0]?.median.toFixed(3), "10000.000");
});

Deno.test("a step has lost nothing if all was written, and came", () => {
  const line =
    "step=3 written=1000 dropped=0 read=1000 p50=5 p99=6 p999=7 most=8";
  const step = { ...stepOf(line), cpuPercent: 1 };
  assertEquals([step.p50, step.p99, step.p999, step.most], [5, 6, 7, 8]);
  assert(isLossless(step, 1000, 1000));
  assert(!isLossless({ ...step, read: 999 }, 1000, 1000));
  assert(!isLossless({ ...step, dropped: 1 }, 1000, 1000));
  assert(!isLossless(step, 1100, 1000), "the writer was too slow");
  assertThrows(() => stepOf("step=3 written=1"), Error, "dropped");
});
