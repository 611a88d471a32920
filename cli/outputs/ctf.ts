// SPDX-License-Identifier: MIT
/**
 * A CTF 1.8 trace on disk: metadata made here, packets copied from the rings.
 * No text of the guest's is copied into the metadata: it is parsed by tools
 * that were not written for hostile input.
 *
 * @module
 */
import { ensureDir } from "@std/fs";
import type { RegionInfo } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import type { StreamId } from "../../ring/recorder.ts";

const NS_PER_S = 1_000_000_000n;
/** Beyond this a reader's 64-bit nanoseconds could overflow. */
const OFFSET_LIMIT = (1n << 62n) / NS_PER_S;

/**
 * Clock ticks between the Unix epoch and the guest clock's zero, as TSDL has
 * them: whole seconds, then ticks. Zero where the guest's claim makes no sense.
 */
function clockOffset(info: RegionInfo): { seconds: bigint; ticks: bigint } {
  const hz = BigInt(info.clockHz);
  const ticks = info.utcBaseNs * hz / NS_PER_S - info.clockBase;
  const seconds = ticks / hz;
  if (ticks < 0n || seconds > OFFSET_LIMIT) return { seconds: 0n, ticks: 0n };
  return { seconds, ticks: ticks % hz };
}

function clockText(info: RegionInfo, isLatest: boolean): string {
  if (info.clockId === ABI.CLOCK_NONE) return "";
  // The header tells the offset of the latest epoch only.
  const { seconds, ticks } = isLatest
    ? clockOffset(info)
    : { seconds: 0n, ticks: 0n };
  return `clock {
    name = guest;
    freq = ${info.clockHz};
    offset_s = ${seconds};
    offset = ${ticks};
};
`;
}

/**
 * In `event.context` the sequence must not ask for more alignment than `len`:
 * a struct is aligned as its strictest field, and this one begins at byte 10.
 */
function streamText(kind: number, timeType: string): string {
  const u = (bits: number, name: string, base = "") =>
    `integer { size = ${bits}; align = ${bits}; signed = false;${base} } ${name};`;
  const bytes = (length: string, encoding = "") =>
    `integer { size = 8; align = 8; signed = false;${encoding} } data[${length}];`;
  const event = (id: number, name: string, fields: string) =>
    `event {
    name = "${name}";
    id = ${id};
    stream_id = ${kind};
    fields := struct { ${fields} };
};
`;
  const hex = " base = 16;";
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
        ${u(32, "cpu_id")}
        ${u(32, "epoch")}
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
` +
    event(
      ABI.ID_MESSAGE,
      "message",
      bytes("stream.event.context.len", " encoding = UTF8;"),
    ) +
    event(
      ABI.ID_PART,
      "part",
      [
        u(32, "first_seq"),
        u(32, "offset_bytes"),
        u(32, "total_bytes"),
        u(16, "id", hex),
        u(16, "data_bytes"),
        bytes("data_bytes"),
      ].join(" "),
    ) +
    event(ABI.ID_TAKEOVER, "takeover", u(32, "reason") + u(32, "epoch")) +
    event(ABI.ID_OPAQUE, "opaque", bytes("stream.event.context.len"));
}

/**
 * The metadata (TSDL) of one epoch's trace.
 *
 * @param info Gives the clock.
 * @param isLatest Whether the epoch is the header's own, so that its offset to
 * UTC is known.
 * Source: Common Trace Format 1.8.3, section 7.
 */
export function ctfMetadata(info: RegionInfo, isLatest: boolean): string {
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
` + clockText(info, isLatest) +
    streamText(ABI.KIND_TRACE, time) + streamText(ABI.KIND_KLOG, time);
}

/**
 * Trace directories below one folder: `session-S/epoch-E/ring-N` and the
 * metadata beside the rings.
 */
export class CtfOutput {
  readonly #root: string;
  /** The file each ring is written to; one at a time. */
  readonly #files = new Map<number, { path: string; file: Deno.FsFile }>();

  /** @param root Made if it is not there; must be empty. */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Makes the folder.
   *
   * @throws {Error} if there is something in it already.
   */
  async open(): Promise<void> {
    await ensureDir(this.#root);
    for await (const entry of Deno.readDir(this.#root)) {
      throw new Error(
        `${this.#root} is not empty (${entry.name}): give a new directory`,
      );
    }
  }

  /** Appends a packet to its stream's file. */
  write(stream: StreamId, packet: Uint8Array, info: RegionInfo): void {
    const { session, epoch, ring } = stream;
    const folder = `${this.#root}/session-${session}/epoch-${epoch}`;
    const path = `${folder}/ring-${ring.index}`;
    let open = this.#files.get(ring.index);
    if (open?.path !== path) {
      open?.file.close();
      Deno.mkdirSync(folder, { recursive: true });
      Deno.writeTextFileSync(
        `${folder}/metadata`,
        ctfMetadata(info, epoch === info.epoch),
      );
      const file = Deno.openSync(path, { write: true, createNew: true });
      open = { path, file };
      this.#files.set(ring.index, open);
    }
    for (let done = 0; done < packet.length;) {
      done += open.file.writeSync(packet.subarray(done));
    }
  }

  /** Closes the files. */
  close(): void {
    for (const { file } of this.#files.values()) file.close();
    this.#files.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
