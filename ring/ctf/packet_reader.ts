// SPDX-License-Identifier: MIT
/**
 * Reads the packets of one recorded stream, which were sealed before. They come
 * from a file, which may have been cut short, or be no recording at all.
 *
 * @module
 */
import { fits } from "../events/event_values.ts";
import { PartJoiner } from "../part_joiner.ts";
import { ABI, BLOCK, RECORD } from "../layout.ts";
import { headBytes, type PacketClass, signatureOf } from "./packet_classes.ts";
import { blankView, type RecordView } from "../record_view.ts";
import type { RingInfo } from "../ring_geometry.ts";
import { numberAt } from "../shared_words.ts";
import { Totals } from "../totals.ts";

/** Takes what a stream holds, in its order. */
export interface StreamSink {
  /**
   * Takes a record, or a joined message; the view is reused.
   *
   * @param known The class of a kernel event; null for everything else.
   */
  record(record: RecordView, known: PacketClass | null): void;
  /** Takes note that `count` records are missing here. */
  lost(count: number): void;
}

/** What a packet's header says about its length. */
export interface PacketLength {
  /** Bytes of the packet. */
  readonly packetBytes: number;
  /** Bytes of it up to the end of the last record. */
  readonly contentBytes: number;
}

/** A packet is never larger than a block. */
export const PACKET_BYTES_MAX: number = ABI.BLOCK_BYTES_MAX;

/**
 * Validates the lengths in the header of a packet.
 *
 * @param head Its first `BLOCK.size` bytes.
 * @returns Null if this is not a packet of a recording.
 */
export function packetLength(head: DataView): PacketLength | null {
  const packetBits = head.getUint32(BLOCK.packetSize, true);
  const contentBits = head.getUint32(BLOCK.contentSize, true);
  const [packetBytes, contentBytes] = [packetBits / 8, contentBits / 8];
  const sound = head.getUint32(BLOCK.magic, true) === ABI.BLOCK_MAGIC &&
    packetBits % (ABI.RECORD_ALIGN * 8) === 0 && contentBits % 8 === 0 &&
    contentBytes >= BLOCK.size && contentBytes <= packetBytes &&
    packetBytes <= PACKET_BYTES_MAX;
  return sound ? { packetBytes, contentBytes } : null;
}

/** Reads the packets of one stream. */
export class PacketReader {
  readonly #classes: ReadonlyMap<number, PacketClass>;
  readonly #sink: StreamSink;
  readonly #totals = new Totals();
  readonly #joiner = new PartJoiner(this.#totals);
  readonly #view: RecordView;
  #discarded = 0;

  /**
   * @param stream Kind and CPU, as the first packet says.
   * @param classes The classes that the metadata describes.
   */
  constructor(
    { kind, cpu }: Pick<RingInfo, "kind" | "cpu">,
    classes: readonly PacketClass[],
    sink: StreamSink,
  ) {
    this.#classes = new Map(classes.map((each) => [each.id, each]));
    this.#sink = sink;
    const place = { dataOffset: 0, nrBlocks: 0, blockBytes: 0, descOffset: 0 };
    this.#view = blankView({ index: 0, kind, cpu, ...place });
  }

  /**
   * Reads the next packet.
   *
   * @param packet All of it; its length was checked by `packetLength`.
   * @returns False if it does not parse, so that nothing after it can be read.
   */
  packet(packet: Uint8Array<ArrayBuffer>, contentBytes: number): boolean {
    const words = new Uint32Array(packet.buffer, 0, packet.length >>> 2);
    const discarded = numberAt(words, BLOCK.eventsDiscarded);
    if (discarded < this.#discarded) return false;
    if (discarded > this.#discarded) {
      this.#flush();
      this.#sink.lost(discarded - this.#discarded);
    }
    this.#discarded = discarded;
    const view = this.#view;
    view.bytes = packet;
    view.seq = view.firstSeq = numberAt(words, BLOCK.firstSeq);
    const klog = view.ring.kind === ABI.KIND_KLOG;
    view.epoch = words[(klog ? BLOCK.cpuId : BLOCK.epoch) >>> 2];
    for (let at: number = BLOCK.size; at < contentBytes;) {
      const start = at + RECORD.size;
      const word = words[(at + RECORD.id) >>> 2];
      view.id = word & 0xffff;
      view.timeLow = words[at >>> 2];
      view.timeHigh = words[(at >>> 2) + 1];
      view.payloadOffset = start;
      // The dynamic fields of a placed class say themselves how long they are.
      view.payloadBytes = contentBytes - start;
      const known = this.#classes.get(view.id) ?? null;
      if (known?.placed && !fits(known.format, view)) return false;
      const head = known === null ? 0 : headBytes(known, view);
      view.payloadBytes = head + (word >>> 16);
      const end = start + view.payloadBytes;
      // The bytes that fill up the last record are not content.
      const most = known === null || known.tail ? contentBytes : packet.length;
      if (end > most) return false;
      if (known !== null && !fits(known.format, view)) return false;
      this.#deliver(known);
      view.firstSeq = ++view.seq;
      at = (end + 7) & ~7;
    }
    return true;
  }

  /** Parts that were dropped, because they contradict their message. */
  get contradictions(): number {
    return this.#totals.corrupt;
  }

  /** Ends the stream. Call it after the last packet. */
  end(): void {
    this.#flush();
  }

  #deliver(known: PacketClass | null): void {
    const view = this.#view;
    if (view.id !== ABI.ID_PART) this.#sink.record(view, known);
    else this.#joiner.part(view, 0, (joined) => this.#joined(joined));
  }

  #flush(): void {
    this.#joiner.flush((joined) => this.#joined(joined));
  }

  /**
   * Hands on a joined message. A kernel event among them has its own id, not
   * that of a class.
   */
  #joined(joined: RecordView): void {
    const known = joined.id <= ABI.ID_KERNEL_MAX && !joined.truncated
      ? this.#find(joined)
      : null;
    this.#sink.record(joined, known);
  }

  /** @returns Null if it is not certain which format it has. */
  #find(joined: RecordView): PacketClass | null {
    let found: PacketClass | null = null;
    for (const known of this.#classes.values()) {
      if (known.format.id !== joined.id || !fits(known.format, joined)) {
        continue;
      }
      const other = found !== null &&
        signatureOf(found.format) !== signatureOf(known.format);
      if (other) return null;
      found = known;
    }
    return found;
  }
}
