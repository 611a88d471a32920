// SPDX-License-Identifier: MIT
/**
 * Makes records such as a reader passes on, for tests of what prints them.
 *
 * @module
 */
import { OutputBuffer } from "../../cli/formats/output_buffer.ts";
import type {
  EventLookup,
  FormatOptions,
  OutputFormat,
} from "../../cli/formats/formatter.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import { fits } from "../../ring/events/event_values.ts";
import { TaskNames } from "../../ring/events/task_names.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import {
  klogPayload,
  type KlogText,
} from "../../ring/writer/writer_payloads.ts";

/** 2026-01-02T03:04:05.678901234Z, the time at `INFO.clockBase`. */
export const UTC_NS = 1767323045678901234n;

/** A region with ring 0 of CPU 0 and a kernel log. */
export const INFO: RegionInfo = {
  regionBytes: 1 << 20,
  sessionId: 1n,
  bootId: "00",
  epoch: 0,
  clockId: ABI.CLOCK_MONOTONIC,
  clockHz: 1e9,
  clockBase: 5_000_000_000n,
  utcBaseNs: UTC_NS,
  guestName: "guest",
  kernelRelease: "6.1",
  driverVersion: "0.1.0",
  abiMinor: ABI.ABI_MINOR,
  checksum: 0,
  liveOffset: 2048,
  hostOffset: 4096,
  hostBytes: 4096,
  metaOffset: 0,
  metaPartBytes: 0,
  blockBytes: 4096,
  rings: [0, ABI.CPU_NONE].map((cpu, index) => ({
    index,
    kind: index,
    cpu,
    dataOffset: 0,
    nrBlocks: 4,
    blockBytes: 4096,
    descOffset: 0,
  })),
};

/** The fields of a record that a test may change. */
export type RecordChanges = Partial<RecordView> & { ticks?: bigint };

/** Makes a message. Its time is `INFO.clockBase` if no `ticks` are given. */
export function recordOf(
  payload: string | Uint8Array,
  changes: RecordChanges = {},
): RecordView {
  const { ticks = INFO.clockBase, ...rest } = changes;
  const inner = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
  // The payload is surrounded by bytes that must not be touched.
  const bytes = new Uint8Array(inner.length + 16).fill(0x23);
  bytes.set(inner, 8);
  return {
    bytes,
    payloadOffset: 8,
    payloadBytes: inner.length,
    records: 1,
    id: ABI.ID_MESSAGE,
    seq: 0,
    firstSeq: 0,
    timeLow: Number(ticks & 0xffffffffn),
    timeHigh: Number(ticks >> 32n),
    epoch: 0,
    truncated: false,
    headless: false,
    ring: INFO.rings[0],
    ...rest,
  };
}

/** Makes a message of the kernel log. */
export function klogOf(
  message: Partial<KlogText>,
  changes: RecordChanges = {},
): RecordView {
  const payload = klogPayload({ seq: 7n, text: "", ...message });
  return recordOf(payload, {
    id: ABI.ID_KLOG,
    ring: INFO.rings[1],
    ...changes,
  });
}

/** A lookup for the case that no event's format was published. */
export const NO_EVENTS: EventLookup = {
  find: () => null,
  describe: () => null,
  pass: () => {},
  tasks: new TaskNames(),
  symbols: () => null,
};

/** Makes a lookup that knows these formats at any time. */
export function lookupOf(...formats: EventFormat[]): EventLookup {
  const byId = (id: number) =>
    formats.find((format) => format.id === id) ?? null;
  return {
    pass: () => {},
    tasks: new TaskNames(),
    find: (_epoch, id) => byId(id),
    symbols: () => null,
    describe: (record) => {
      const format = byId(record.id);
      return format !== null && fits(format, record) ? format : null;
    },
  };
}

/** The options of formats in tests that do not set others. */
export const PLAIN: FormatOptions = {
  object: "/ring",
  host: "host",
  label: false,
  safe: false,
  color: false,
  time: "auto",
};

/** Returns the bytes that a format prints. */
export function printedBytes(
  format: OutputFormat,
  records: readonly RecordView[],
  { info = INFO, events = NO_EVENTS, ...options }:
    & Partial<FormatOptions>
    & { info?: RegionInfo; events?: EventLookup } = {},
): Uint8Array {
  const formatter = format.create({ ...PLAIN, ...options });
  const buffer = new OutputBuffer();
  formatter.attached(info, events);
  for (const record of records) formatter.record(record, buffer);
  return buffer.pending.slice();
}

/** Returns the text that a format prints, which must be valid UTF-8. */
export function printed(
  ...args: Parameters<typeof printedBytes>
): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
    .decode(printedBytes(...args));
}
