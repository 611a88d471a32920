// SPDX-License-Identifier: MIT
import { assert, assertEquals } from "@std/assert";
import { OutputBuffer } from "../../cli/formats/output_buffer.ts";
import { JSON_FORMAT } from "../../cli/formats/json.ts";
import { TEXT_FORMAT } from "../../cli/formats/text.ts";
import { sanitize } from "../../cli/console/messages.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import {
  INFO,
  NO_EVENTS,
  PLAIN,
  printed,
  printedBytes,
  recordOf,
  UTC_NS,
} from "../support/records.ts";

const NS_PER_S = 1_000_000_000n;

function text(...records: RecordView[]): string {
  return printed(TEXT_FORMAT, records);
}

// deno-lint-ignore no-explicit-any
function json(record: RecordView, info = INFO): any {
  const line = printed(JSON_FORMAT, [record], { info });
  assert(line.endsWith("\n") && line.indexOf("\n") === line.length - 1, line);
  return JSON.parse(line);
}

Deno.test("text: a line end is added only where one is missing", () => {
  const records = ["a", "b\n", "", "\n", "c\nd", "e\n\n"];
  assertEquals(
    text(...records.map((payload) => recordOf(payload))),
    "a\nb\n\n\nc\nd\ne\n\n",
  );
});

Deno.test("text: bytes pass as they are", () => {
  const payload = new Uint8Array(256).map((_, i) => 255 - i);
  const bytes = printedBytes(TEXT_FORMAT, [recordOf(payload)]);
  assertEquals(bytes, new Uint8Array([...payload, 0x0a]));
});

Deno.test("text: made safe, one line end each, further lines continued", () => {
  const records = ["a\x1b[1m", "b\n", "", "c\nd\n"].map((each) =>
    recordOf(each)
  );
  assertEquals(
    printed(TEXT_FORMAT, records, { safe: true }),
    "a\\x1b[1m\nb\n\nc\n  | d\n",
  );
});

Deno.test("text: what is no message is shown as such, takeovers are not", () => {
  assertEquals(
    text(recordOf("xyz", { id: 77 })),
    "event 77: opaque, 3 bytes: 78797a\n",
  );
  assertEquals(
    text(recordOf("x".repeat(40), { id: 0xff77 })),
    `event 65399: opaque, 40 bytes: ${"78".repeat(32)}...\n`,
  );
  assertEquals(text(recordOf("12345678", { id: ABI.ID_TAKEOVER })), "");
});

Deno.test("json: members of a message", () => {
  const record = recordOf("hi\n", { seq: 2 ** 40 + 7, ring: INFO.rings[1] });
  assertEquals(json(record), {
    timestamp: "2026-01-02T03:04:05.678901234Z",
    host: "host",
    object: "/ring",
    cpu: null,
    ring: 1,
    seq: 2 ** 40 + 7,
    clock: "5000000000",
    event: "message",
    severity: "info",
    severity_number: 9,
    message: "hi",
  });
  assertEquals(json(recordOf("a\nb\n\n")).message, "a\nb\n");
  assertEquals(json(recordOf("\n")).message, "");
});

Deno.test("json: every byte, alone and beside others, is valid JSON", () => {
  for (let byte = 0; byte < 256; byte++) {
    const payload = new Uint8Array([0x61, byte, 0x62]);
    const expected = new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(payload);
    assertEquals(json(recordOf(payload)).message, expected);
  }
});

Deno.test("json: UTF-8 stays, what is none is replaced, controls escaped", () => {
  const good = "\ufeffé€😀 \u0085\x7f\u2028";
  const line = printed(JSON_FORMAT, [recordOf(good)]);
  assertEquals(JSON.parse(line).message, good);
  assert(line.includes("€") && line.includes("\\u0085\\u007f"));
  const bad = new Uint8Array([0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf5, 0x80]);
  assertEquals(json(recordOf(bad)).message, new TextDecoder().decode(bad));
});

Deno.test("json: what a terminal would obey is escaped", () => {
  const shown = "a\u202eb\u2066c\u200b\u{e0041}\ufeff";
  const line = printed(JSON_FORMAT, [recordOf(shown)]);
  assertEquals(JSON.parse(line).message, shown);
  assert(line.includes(String.raw`a\u202eb\u2066c\u200b\udb40\udc41\ufeff`));
});

Deno.test("json: random bytes are valid JSON, whatever comes before", () => {
  const records = Array.from(
    { length: 300 },
    (_, i) => recordOf(crypto.getRandomValues(new Uint8Array((i * 37) % 2000))),
  );
  const lines = printed(JSON_FORMAT, records).split("\n");
  assertEquals(lines.length, records.length + 1);
  for (const [i, record] of records.entries()) {
    const payload = record.bytes.subarray(8, 8 + record.payloadBytes);
    const expected = new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(payload).replace(/\n$/, "");
    assertEquals(JSON.parse(lines[i]).message, expected);
  }
});

Deno.test("json: takeover, opaque, truncated", () => {
  const boot = new Uint8Array([1, 0, 0, 0, 3, 0, 0, 0]);
  const taken = json(recordOf(boot, { id: ABI.ID_TAKEOVER }));
  assertEquals([taken.event, taken.reason], ["takeover", "boot"]);
  const odd = json(recordOf("?", { id: ABI.ID_TAKEOVER }));
  assertEquals([odd.event, odd.reason], ["takeover", "unknown"]);
  const opaque = json(recordOf(new Uint8Array([0, 255]), { id: 9 }));
  assertEquals([opaque.event, opaque.id, opaque.data], ["opaque", 9, "00ff"]);
  assertEquals(json(recordOf("beg", { truncated: true })).truncated, true);
});

/** Computes a timestamp in a slow way that is certainly correct. */
function expectedTimestamp(ticks: bigint, info: RegionInfo): string | null {
  const product = (ticks - info.clockBase) * NS_PER_S;
  const hz = BigInt(info.clockHz);
  const floor = (a: bigint, b: bigint) => (a - ((a % b) + b) % b) / b;
  const ns = info.utcBaseNs + floor(product, hz);
  const seconds = floor(ns, NS_PER_S);
  if (seconds < 0n || seconds >= 253402300800n) return null;
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}.${String(ns - seconds * NS_PER_S).padStart(9, "0")}Z`;
}

for (const clockHz of [1, 1e9, 2_400_000_000, 999_999_999]) {
  Deno.test(`json: timestamps are exact at ${clockHz} Hz`, () => {
    const info = { ...INFO, clockHz };
    const ticks = [0n, 1n, 4_999_999_999n, 5_000_000_000n, 2n ** 32n - 1n];
    // Neighbours share a cached second; the far ends share none.
    for (let n = 2n ** 33n; n < 2n ** 64n; n *= 3n) ticks.push(n, n + 999n, n);
    ticks.push(2n ** 64n - 1n, 5_000_000_000n, 4_999_999_999n);
    const records = ticks.map((each) => recordOf("", { ticks: each }));
    const lines = printed(JSON_FORMAT, records, { info }).trimEnd()
      .split("\n").map((line) => JSON.parse(line));
    assertEquals(
      lines.map(({ timestamp }) => timestamp),
      ticks.map((each) => expectedTimestamp(each, info)),
    );
    assertEquals(lines.map(({ clock }) => clock), ticks.map(String));
  });
}

Deno.test("json: no UTC without a clock, or for an epoch that was not seen", () => {
  const stopped = { ...INFO, clockId: ABI.CLOCK_NONE, clockHz: 0 };
  assertEquals(json(recordOf("a"), stopped).timestamp, null);
  assertEquals(json(recordOf("a", { epoch: 7 })).timestamp, null);
});

Deno.test("json: each epoch keeps its own clock, and a session starts anew", () => {
  const formatter = JSON_FORMAT.create(PLAIN);
  const stamp = (epoch: number) => {
    const buffer = new OutputBuffer();
    formatter.record(recordOf("a", { epoch }), buffer);
    return JSON.parse(new TextDecoder().decode(buffer.pending)).timestamp;
  };
  formatter.attached(INFO, NO_EVENTS);
  const first = stamp(0);
  formatter.attached(
    { ...INFO, epoch: 1, utcBaseNs: UTC_NS + NS_PER_S },
    NO_EVENTS,
  );
  assertEquals(stamp(1), "2026-01-02T03:04:06.678901234Z");
  assertEquals(stamp(0), first);
  formatter.attached({ ...INFO, epoch: 2, sessionId: 2n }, NO_EVENTS);
  assertEquals(stamp(0), null);
});

Deno.test("buffer: grows, and keeps what is not taken", () => {
  const buffer = new OutputBuffer();
  const much = new Uint8Array(3_000_000).map((_, i) => i % 251);
  buffer.append(much, 0, much.length);
  buffer.take(1_000_000);
  buffer.appendText("é");
  assertEquals(buffer.length, 2_000_002);
  assertEquals(buffer.pending[0], 1_000_000 % 251);
  assertEquals([...buffer.pending.slice(-2)], [0xc3, 0xa9]);
});

Deno.test("notes: what a guest claims cannot move the cursor", () => {
  assertEquals(sanitize("a\x1b[31m\nb\u202e"), "a\\x1b[31m\\x0ab\\u{202e}");
  assertEquals(sanitize("x".repeat(300)).length, 203);
});
