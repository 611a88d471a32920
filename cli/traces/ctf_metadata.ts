// SPDX-License-Identifier: MIT
/**
 * Writes the metadata of a CTF 1.8 trace, in TSDL. All of it is made here: no
 * text of the guest's is copied into it, because it is parsed by tools that
 * were not written for hostile input.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";
import {
  type ClockInfo,
  clockOffset,
  type ClockPair,
} from "../../ring/ctf/clock_info.ts";
import type { PacketClasses } from "../../ring/ctf/packet_classes.ts";
import { ctfEventText } from "./ctf_event.ts";

function clockText(info: ClockInfo, pair: ClockPair | null): string {
  if (info.clockId === ABI.CLOCK_NONE) return "";
  const { seconds, ticks } = clockOffset(info, pair);
  return `clock {
    name = guest;
    freq = ${info.clockHz};
    offset_s = ${seconds};
    offset = ${ticks};
};
`;
}

const u = (bits: number, name: string, base = "") =>
  `integer { size = ${bits}; align = ${bits}; signed = false;${base} } ${name};`;
const bytes = (name: string, length: string, encoding = "") =>
  `integer { size = 8; align = 8; signed = false;${encoding} } ${name}[${length}];`;
const HEX = " base = 16;";
const UTF8 = " encoding = UTF8;";
const ALL = "stream.event.context.len";

/** The protocol's own records: id, name, fields. */
const OWN: readonly (readonly [number, string, readonly string[]])[] = [
  [ABI.ID_MESSAGE, "message", [bytes("data", ALL, UTF8)]],
  [ABI.ID_PART, "part", [
    u(32, "first_seq"),
    u(32, "offset_bytes"),
    u(32, "total_bytes"),
    u(16, "id", HEX),
    u(16, "data_bytes"),
    bytes("data", "data_bytes"),
  ]],
  [ABI.ID_TAKEOVER, "takeover", [u(32, "reason"), u(32, "epoch")]],
  [ABI.ID_OPAQUE, "opaque", [bytes("data", ALL)]],
  [ABI.ID_KLOG, "klog", [
    u(64, "seq"),
    u(64, "time_us"),
    u(32, "skipped"),
    u(16, "priority"),
    u(16, "text_bytes"),
    bytes("text", "text_bytes", UTF8),
  ]],
  [ABI.ID_CLOCK, "clock", [
    u(64, "clock_value"),
    u(64, "utc_ns"),
    u(32, "reason"),
    u(32, "epoch"),
  ]],
  [ABI.ID_TASK, "task", [
    u(32, "pid"),
    u(32, "tgid"),
    bytes("comm", String(ABI.COMM_BYTES), UTF8),
  ]],
];

/**
 * Returns the text of one kind of stream. In `event.context` the sequence must
 * not ask for more alignment than `len`, because a struct is aligned like its
 * strictest field, and this one begins at byte 10.
 */
function streamText(kind: number, timeType: string): string {
  // The kernel log belongs to no CPU, and must not look like one more CPU.
  const place = kind === ABI.KIND_KLOG
    ? [u(64, "epoch")]
    : [u(32, "cpu_id"), u(32, "epoch")];
  const events = OWN.map(([id, name, fields]) =>
    `event {
    name = "${name}";
    id = ${id};
    stream_id = ${kind};
    fields := struct { ${fields.join(" ")} };
};
`
  );
  return `stream {
    id = ${kind};
    packet.context := struct {
        ${u(64, "packet_seq_num")}
        ${timeType} timestamp_begin;
        ${timeType} timestamp_end;
        ${u(32, "content_size")}
        ${u(32, "packet_size")}
        ${u(64, "events_discarded")}
        ${u(64, "first_seq")}
        ${place.join("\n        ")}
    };
    event.header := struct {
        ${timeType} timestamp;
        ${u(16, "id")}
    };
    event.context := struct {
        ${u(16, "len")}
        integer { size = 32; align = 16; signed = false; } seq;
    };
};
${events.join("")}`;
}

/**
 * Returns the metadata of one epoch's trace, with the event classes known so
 * far.
 *
 * Source: Common Trace Format 1.8.3, section 7.
 */
export function ctfMetadata(classes: PacketClasses): string {
  const info = classes.clockInfo;
  const map = info.clockId === ABI.CLOCK_NONE
    ? ""
    : " map = clock.guest.value;";
  const time = `integer { size = 64; align = 64; signed = false;${map} }`;
  return `/* CTF 1.8 */
trace {
    major = 1;
    minor = 8;
    byte_order = le;
    packet.header := struct {
        integer { size = 32; align = 32; signed = false; base = 16; } magic;
        integer { size = 32; align = 32; signed = false; } stream_id;
    };
};
env {
    domain = "ivring";
    tracer_name = "ivring";
};
` + clockText(info, classes.clock) +
    streamText(ABI.KIND_TRACE, time) + streamText(ABI.KIND_KLOG, time) +
    classes.list.map((each) => ctfEventText(each, ABI.KIND_TRACE)).join("");
}
