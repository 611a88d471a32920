// SPDX-License-Identifier: MIT
// Tests which names the tasks of kernel events get.
import { assertEquals } from "@std/assert";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import { TaskNames } from "../../ring/events/task_names.ts";
import { ABI, RECORD, TASK } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { readTask } from "../../ring/task_record.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";
import { taskPayload } from "../../ring/writer/writer_payloads.ts";
import { entry, field, formatText } from "../support/events.ts";
import { INFO, recordOf } from "../support/records.ts";
import { makeRegion } from "../support/regions.ts";

const ID = 300;
const META_BYTES = 65536;

const eventOf = (task: number) => entry(new Uint8Array(4), { id: ID, task });

/** Writes an event of a task, and its name before it if one is given. */
function write(
  writer: RegionWriter,
  ring: number,
  task: number,
  comm?: string,
): void {
  if (comm !== undefined) {
    writer.write(ring, ABI.ID_TASK, taskPayload(task, comm));
  }
  writer.write(ring, ID, eventOf(task));
}

/** Reads on. @returns The names of the tasks of events. */
function namesIn(reader: RegionReader): (string | null)[] {
  const names: (string | null)[] = [];
  const sink = (view: RecordView) => {
    if (view.id === ID) names.push(reader.events.tasks.nameOf(view));
  };
  for (let rounds = 0; rounds < 4; rounds++) {
    if (reader.drain(sink).reformatted) reader.reattach(sink);
  }
  reader.finish(sink);
  return names;
}

Deno.test("a name holds for the ring's events that follow, and others' if need be", () => {
  const { buffer, writer } = makeRegion();
  write(writer, 0, 7);
  write(writer, 0, 7, "sh");
  write(writer, 1, 7, "ls");
  write(writer, 0, 7);
  write(writer, 0, 7, "cat");
  write(writer, 1, 7);
  write(writer, 2, 7);
  write(writer, 2, 8);
  write(writer, 2, 0);
  write(writer, 2, -1);
  const reader = new RegionReader(buffer);
  const names = [null, "sh", "ls", "sh", "cat", "ls", "cat", null, "<idle>"];
  assertEquals(namesIn(reader), [...names, null]);
  const { records, opaque, lost, late } = reader.totals;
  assertEquals([records, opaque, lost, late], [13, 0, 0, 0]);
});

Deno.test("another start of the driver has other tasks", () => {
  const { buffer, writer } = makeRegion();
  write(writer, 0, 7, "before");
  writer.restart();
  write(writer, 0, 7);
  write(writer, 0, 7, "after");
  const reader = new RegionReader(buffer);
  assertEquals(namesIn(reader), ["before", null, "after"]);
});

Deno.test("a reader that begins within a block finds the names before that", () => {
  const { buffer, writer } = makeRegion();
  write(writer, 0, 7, "seven");
  write(writer, 0, 8, "eight");
  const first = new RegionReader(buffer);
  assertEquals(namesIn(first), ["seven", "eight"]);
  write(writer, 0, 7);
  write(writer, 0, 9);
  write(writer, 0, 8);
  write(writer, 0, 8, "another");
  const second = new RegionReader(buffer, undefined, first.cursor());
  assertEquals(second.resumed, true);
  assertEquals(namesIn(second), ["seven", null, "eight", "another"]);
  assertEquals(second.totals.records, 5);
});

Deno.test("a name before the place where reading begins ends before that", () => {
  const { buffer, writer } = makeRegion({ clock: () => 7n });
  writer.write(0, ABI.ID_MESSAGE, new Uint8Array(0));
  const first = new RegionReader(buffer);
  namesIn(first);
  const cursor = first.cursor()!;
  // The empty message becomes a name that consists of the next record's bytes.
  const { dataOffset } = first.info.rings[0];
  const at = dataOffset + cursor.rings[0].position - RECORD.size;
  const head = new DataView(buffer, at);
  head.setUint16(RECORD.id, ABI.ID_TASK, true);
  head.setUint16(RECORD.len, TASK.size, true);
  write(writer, 0, 7);
  assertEquals(namesIn(new RegionReader(buffer, undefined, cursor)), [null]);
});

Deno.test("what is not a task's name is opaque, and names nobody", () => {
  const good = taskPayload(7, "sh");
  const bad = [
    good.subarray(0, 23),
    new Uint8Array([...good, 0]),
    taskPayload(0, "idle"),
    taskPayload(2 ** 31, "negative"),
    new Uint8Array(24).fill(0x41).with(3, 0),
  ];
  const { buffer, writer } = makeRegion();
  for (const payload of bad) writer.write(0, ABI.ID_TASK, payload);
  write(writer, 0, 7);
  const reader = new RegionReader(buffer);
  assertEquals(namesIn(reader), [null]);
  assertEquals(reader.totals.opaque, bad.length);
  assertEquals(readTask(recordOf(good)), { pid: 7, tgid: 7, comm: "sh" });
  for (const payload of bad) assertEquals(readTask(recordOf(payload)), null);
});

Deno.test("names without end: the oldest ones are forgotten", () => {
  const tasks = new TaskNames();
  tasks.begin(1);
  const [here, there] = [0, 1].map((index) => ({ ...INFO.rings[0], index }));
  const declare = (ring: typeof here, pid: number, comm: string) =>
    tasks.declare(recordOf(taskPayload(pid, comm), { ring }));
  const nameOf = (ring: typeof here, pid: number) =>
    tasks.nameOf(recordOf(eventOf(pid), { ring }));
  declare(here, 1, "here");
  declare(there, 1, "there");
  assertEquals([nameOf(here, 1), nameOf(there, 1)], ["here", "there"]);
  for (let pid = 2; pid < 2049; pid++) declare(here, pid, "many");
  assertEquals(nameOf(here, 1), "here");
  declare(here, 1, "here");
  declare(here, 2049, "many");
  assertEquals([nameOf(here, 1), nameOf(here, 2)], ["here", "many"]);
  declare(there, 1, "there");
  for (let pid = 2050; pid < 6000; pid++) declare(here, pid, "many");
  assertEquals(nameOf(here, 1), "there");
  for (let pid = 6000; pid < 40_000; pid++) declare(here, pid, "many");
  assertEquals([nameOf(here, 1), nameOf(here, 39_999)], [null, "many"]);
  assertEquals(nameOf(there, 39_999), "many");
  tasks.begin(4096); // each of many rings keeps a few
  declare(here, 1, "here");
  declare(there, 1, "there");
  for (let pid = 2; pid < 10; pid++) declare(here, pid, "few");
  assertEquals(nameOf(here, 1), "there");
});

Deno.test("an older driver's names are those in the kernel's events", () => {
  const lines = [
    field("char newcomm[16]", 8, 16),
    field("pid_t pid", 24, 4, 1),
    field("char prev_comm[16]", 28, 16),
    field("pid_t prev_pid", 44, 4, 1),
    field("__data_loc char[] next_comm", 48, 4),
    field("pid_t next_pid", 52, 4, 1),
  ];
  const payload = (task: number, next: string) => {
    const rest = new Uint8Array(48 + next.length + 1);
    const view = new DataView(rest.buffer);
    new TextEncoder().encodeInto("one", rest);
    view.setInt32(16, 1, true);
    new TextEncoder().encodeInto("two", rest.subarray(20));
    view.setInt32(36, 2, true);
    view.setUint32(40, (next.length + 1) << 16 | 56, true);
    view.setInt32(44, 3, true);
    new TextEncoder().encodeInto(next, rest.subarray(48));
    return entry(rest, { id: ID, task });
  };
  const { buffer, writer } = makeRegion({ metaBytes: META_BYTES }, 1 << 19);
  writer.describe(ID, formatText(lines, { id: ID }));
  for (const task of [3, 1, 2]) writer.write(0, ID, payload(task, "three"));
  const names: (string | null)[] = [];
  const reader = new RegionReader(buffer);
  const { events } = reader;
  const sink = (view: RecordView) => {
    if (view.id !== ID) return;
    names.push(events.tasks.nameOf(view));
    events.describe(view);
  };
  while (reader.drain(sink).held);
  assertEquals(names, [null, "one", "two"]);
  writer.write(0, ID, payload(3, "a name of more than 15 bytes"));
  while (reader.drain(sink).held);
  assertEquals(names.at(-1), "three");
  // Once the driver names a task, events that are too late name nobody.
  writer.write(0, ABI.ID_TASK, taskPayload(3, "exact"));
  writer.write(1, ID, payload(3, "late"));
  writer.write(0, ID, payload(3, "late"));
  while (reader.drain(sink).held);
  assertEquals(names.slice(-2), ["exact", "exact"]);
  assertEquals(reader.totals.opaque, 0);
});

Deno.test("events that are left out name tasks, too", () => {
  const lines = [field("char comm[16]", 8, 16), field("pid_t pid", 24, 4, 1)];
  const { buffer, writer } = makeRegion({ metaBytes: META_BYTES }, 1 << 19);
  writer.describe(ID, formatText(lines, { id: ID }));
  const rest = new Uint8Array(20);
  new TextEncoder().encodeInto("sh", rest);
  new DataView(rest.buffer).setInt32(16, 5, true);
  writer.write(0, ID, entry(rest, { id: ID, task: 5 }));
  writer.write(0, ID, entry(rest.subarray(1), { id: ID, task: 5 }));
  const { events, ...reader } = passed(buffer);
  assertEquals(reader.names, [null, "sh"]);
  assertEquals(events.epochs, [0]);
});

/** Passes all records without looking at them. */
function passed(buffer: ArrayBuffer) {
  const reader = new RegionReader(buffer);
  const { events } = reader;
  const names: (string | null)[] = [];
  const sink = (view: RecordView) => {
    names.push(events.tasks.nameOf(view));
    events.pass(view);
  };
  while (reader.drain(sink).held);
  assertEquals(reader.totals.opaque, 0);
  return { events, names };
}

Deno.test("a format is asked once for its names", () => {
  const format = parseEventFormat(formatText([field("u32 pid", 8, 4)]));
  const tasks = new TaskNames();
  tasks.begin(1);
  const record = recordOf(eventOf(3), { id: ID });
  tasks.learn(format, record);
  assertEquals(tasks.nameOf(record), null);
});
