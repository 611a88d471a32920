// SPDX-License-Identifier: MIT
/** docs/reference/json.schema.json says what the reader prints, and no more. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { REPORT_KINDS } from "../../cli/reports/report_kinds.ts";
import { LINES } from "../../packaging/json/lines.ts";
import { KINDS } from "../../packaging/json/reports.ts";
import { ROOT } from "../../packaging/root.ts";
import { ABI } from "../../ring/layout.ts";
import { Guest } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import { runReader } from "../support/reader_program.ts";
import { INFO, recordOf } from "../support/records.ts";
import { say } from "../support/regions.ts";
import { SharedObject } from "../support/shared_object.ts";
import { publishSymbols } from "../support/symbols.ts";
import { TempFolder } from "../support/temp_folder.ts";
import {
  ODD_ID,
  ODD_TEXT,
  oddPayload,
  SCHED_ID,
  schedPayload,
} from "../support/sample_events.ts";
import { LINES_BY_KIND, linesOf, parsed } from "./json_lines.ts";
import {
  faultsOf,
  isSchemaValid,
  type Json,
  SCHEMA,
} from "./json_validator.ts";

/** Asserts that a definition accepts each of some values. */
function assertValid(name: string, values: readonly unknown[]): void {
  assertNotEquals(values.length, 0, `nothing to compare with ${name}`);
  for (const value of values) assertEquals(faultsOf(name, value), "");
}

Deno.test("the schema is valid JSON Schema; control: one that is not is found", () => {
  assert(isSchemaValid());
  assert(!isSchemaValid({ ...SCHEMA, $defs: { wrong: { type: "sting" } } }));
});

for (const [kind, lines] of Object.entries(LINES_BY_KIND)) {
  Deno.test(`lines of the kind ${kind} are as the schema says`, () => {
    assertValid(kind, lines);
    assertValid("record", lines);
  });
}

Deno.test("there are lines of every kind, and each has but one kind", () => {
  const kinds = LINES.map(({ name }) => name);
  assertEquals(Object.keys(LINES_BY_KIND).sort(), kinds.toSorted());
  for (const [kind, lines] of Object.entries(LINES_BY_KIND)) {
    for (const line of lines) {
      const found = kinds.filter((each) => faultsOf(each, line) === "");
      assertEquals(found, [kind], JSON.stringify(line));
    }
  }
});

Deno.test("whatever a guest writes under any id is as the schema says", () => {
  const ids = [
    ...[ABI.ID_MESSAGE, ABI.ID_PART, ABI.ID_TAKEOVER, ABI.ID_OPAQUE],
    ...[ABI.ID_KLOG, ABI.ID_CLOCK, ABI.ID_TASK, SCHED_ID, ODD_ID, 1, 0, 0xffff],
  ];
  const records = Array.from({ length: 3000 }, (_, i) => {
    const id = ids[i % ids.length];
    const payload = crypto.getRandomValues(new Uint8Array((i * 7) % 97));
    const honest = id === ODD_ID
      ? oddPayload(String.fromCharCode(...payload))
      : id === SCHED_ID
      ? schedPayload("x")
      : payload;
    if (i % 2 === 0 && honest.length > 0) honest[i % honest.length] = i;
    const [ticks] = crypto.getRandomValues(new BigUint64Array(1));
    return recordOf(honest, { id, ticks, ring: INFO.rings[i % 2] });
  });
  assertValid("record", linesOf(records));
});

/** Names of all members that values have, those within objects with a dot. */
function membersOf(value: unknown, prefix = ""): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((each) => membersOf(each, prefix));
  }
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    prefix + name,
    ...membersOf(inner, `${prefix}${name}.`),
  ]);
}

/** The same of what a schema has. */
function describedBy(schema: Json, prefix = ""): string[] {
  const { anyOf = [], items, properties = {} } = schema as {
    anyOf?: Json[];
    items?: Json;
    properties?: Record<string, Json>;
  };
  const others = [...anyOf, ...(items === undefined ? [] : [items])];
  return [
    ...others.flatMap((each) => describedBy(each, prefix)),
    ...Object.entries(properties).flatMap(([name, inner]) => [
      prefix + name,
      ...describedBy(inner, `${prefix}${name}.`),
    ]),
  ];
}

/** Members that a definition has and that none of these values has. */
function unseen(name: string, values: readonly unknown[]): string[] {
  const seen = new Set(values.flatMap((value) => membersOf(value)));
  return describedBy(SCHEMA.$defs[name]).filter((each) => !seen.has(each));
}

/** Members of long records, which any kind of record may be. */
const LONG = ["first_seq", "records", "headless", "truncated"];

Deno.test("every kind of report is described, and no other", () => {
  const kinds = new Set(REPORT_KINDS.map(({ name }) => name));
  assertEquals(KINDS.map(([kind]) => kind).sort(), [...kinds].sort());
});

Deno.test("the schema has no member that is never printed", () => {
  for (const [kind, lines] of Object.entries(LINES_BY_KIND)) {
    const missing = unseen(kind, lines).filter((each) => !LONG.includes(each));
    assertEquals(missing, [], kind);
  }
  assertEquals(unseen("messageLine", LINES_BY_KIND.messageLine), []);
});

/** Members that may be absent whatever else is there. */
const OPTIONAL = [...LONG.slice(2), "report", "stack"];

/** A value with each of its members, at any depth, changed in turn. */
function* changed(
  value: Json,
  change: (object: Json, name: string) => Json,
): Generator<[path: string, changed: Json]> {
  for (const [name, inner] of Object.entries(value)) {
    yield [name, change(value, name)];
    const [first] = Array.isArray(inner) ? inner : [inner];
    if (first === null || typeof first !== "object") continue;
    for (const [path, each] of changed(first, change)) {
      const again = Array.isArray(inner) ? [each, ...inner.slice(1)] : each;
      yield [`${name}.${path}`, { ...value, [name]: again }];
    }
  }
}

function without(object: Json, name: string): Json {
  const { [name]: _, ...rest } = object;
  return rest;
}

const isEmptyObject = (value: unknown) => JSON.stringify(value) === "{}";

/** Asserts that a definition refuses a value in which something is wrong. */
function assertChangesRefused(name: string, value: Json, open: string): void {
  assertEquals(faultsOf(name, value), "");
  for (const [path, each] of changed(value, without)) {
    // What a guest's event has is its own affair, and so is a long record.
    if (path.startsWith(open) || OPTIONAL.includes(path)) continue;
    assertNotEquals(faultsOf(name, each), "", `${name} without ${path}`);
  }
  for (const wrong of [true, 1.5, [{}], {}]) {
    const change = (object: Json, at: string) => ({ ...object, [at]: wrong });
    for (const [path, each] of changed(value, change)) {
      const [at] = path.split(".").slice(-1);
      if (wrong === true && LONG.includes(at)) continue; // as it may be
      // An event without fields is one, too.
      if (path === open.slice(0, -1) && isEmptyObject(wrong)) continue;
      assertNotEquals(faultsOf(name, each), "", `${path}: ${wrong}`);
    }
  }
  const more = (object: Json, at: string) => ({ ...object, [`${at}_2`]: 1 });
  for (const [path, each] of changed(value, more)) {
    if (path.startsWith(open)) continue;
    assertNotEquals(faultsOf(name, each), "", `${path} once more`);
  }
}

for (const [kind, lines] of Object.entries(LINES_BY_KIND)) {
  Deno.test(`control: a line of the kind ${kind} that is changed is refused`, () => {
    const open = kind === "kernelEventLine" ? "fields." : "-";
    for (const line of lines) assertChangesRefused(kind, line, open);
    for (const line of lines) assertChangesRefused("record", line, open);
  });
}

/** A guest that writes records of many kinds, and has a state to report. */
function busyGuest(): Guest {
  const guest = new Guest({ metaBytes: 16384, guestName: "a\x1bb" });
  const { writer } = guest;
  writer.describe(ODD_ID, ODD_TEXT);
  writer.log({ seq: 1n, timeUs: 1n, priority: 3, text: 'disk "sda"\tgone' });
  writer.log({ seq: 2n, text: "------------[ cut here ]------------" });
  writer.log({ seq: 3n, text: "kernel BUG at a report of two lines!" });
  say(writer, 0, "a message\n");
  writer.write(0, ABI.ID_MESSAGE, new Uint8Array([0x61, 0xff, 0xc3]));
  writer.write(1, ODD_ID, oddPayload("x\xff"));
  writer.write(1, SCHED_ID, schedPayload("nobody describes it"));
  setLive(guest.object.buffer, {
    state: ABI.STATE_PANICKED,
    reason: ABI.REASON_PANIC,
    panicText: "Fatal \x1b exception",
    heartbeat: 5,
  });
  return guest;
}

Deno.test("what read and dump print is as the schema says", async () => {
  using guest = busyGuest();
  const kinds = new Set<unknown>();
  for (
    const args of [
      ["dump", "-v", "--join-oops"],
      ["read", "--once", "-v"],
      ["dump", "--event", "*", "--event", "guest"],
      ["dump", "--level", "err", "-n", "2"],
    ]
  ) {
    const { code, stdout } = await runReader(
      ...[...args, "-s", guest.name, "--format", "json"],
    );
    assertEquals(code, 0);
    const lines = parsed(stdout);
    assertValid("record", lines);
    for (const { event, records, report } of lines) {
      kinds.add(records === undefined ? event : "joined");
      assertEquals(report !== undefined, records !== undefined);
    }
  }
  for (
    const kind of ["klog", "message", "odd_event", "opaque", "guest", "joined"]
  ) {
    assert(kinds.has(kind), `no line of ${kind}: ${[...kinds]}`);
  }
});

Deno.test("what list --json prints is as the schema says", async () => {
  using guest = busyGuest();
  using still = new Guest();
  setLive(still.object.buffer, { state: 77 });
  using empty = new SharedObject(1 << 20);
  using strange = new Guest();
  await Deno.chmod(strange.object.path, 0o666); // anybody could write to it
  const { code, stdout } = await runReader("list", "--json");
  assertEquals(code, 0);
  const all = parsed(stdout);
  assertValid("list", all);
  const lines = [guest, still, empty, strange].map(({ name }) =>
    all.find(({ object }) => object === name)!
  );
  assertEquals(lines.map((line) => line?.state), [
    "panicked",
    "state 77",
    "unformatted",
    "refused",
  ]);
  assertEquals(unseen("list", lines), []);
  for (const line of lines) assertChangesRefused("list", line, "-");
});

Deno.test("what info --json prints is as the schema says", async () => {
  using guest = busyGuest();
  using folder = new TempFolder();
  publishSymbols(guest.writer);
  const consumer = await runReader(
    ...["read", "--once", "--lossless", "-s", guest.name],
    ...["-f", folder.at("log")],
  );
  assertEquals(consumer.code, 0, consumer.stderr);
  using strange = new Guest();
  const far = { clockValue: 2n ** 64n - 1n, utcNs: 1n };
  setLive(strange.object.buffer, { state: 77, reason: 88, ...far });
  const { code, stdout } = await runReader(
    ...["info", "--json", "-s", guest.name, "-s", strange.name],
  );
  assertEquals(code, 0);
  const lines = parsed(stdout);
  assertEquals(lines.length, 2);
  assertValid("info", lines);
  assertEquals(unseen("info", lines), []);
  for (const line of lines) assertChangesRefused("info", line, "-");
});

Deno.test("the examples in the documents are as the schema says", () => {
  const page = Deno.readTextFileSync(`${ROOT}/docs/reference/output.md`);
  const examples = [...page.matchAll(/^```json\n([^]*?)^```/gm)]
    .map(([, text]) => JSON.parse(text));
  assertEquals(examples.map(({ event }) => event), ["klog", "guest"]);
  for (const example of examples) {
    assertValid(`${example.event}Line`, [example]);
  }
});
