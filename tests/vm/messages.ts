// SPDX-License-Identifier: MIT
/**
 * Reads a region in a test: keeps every message, and checks what must hold for
 * all of them.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { type KlogMessage, readKlog } from "../../ring/klog.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";

/** A message that was delivered. */
export interface Message {
  /** The ring's CPU. */
  readonly cpu: number;
  /** Sequence number in its ring; that of the last part if it was split. */
  readonly seq: number;
  /** The number of the driver's start. */
  readonly epoch: number;
  /** Time in clock ticks. */
  readonly time: bigint;
  /** One of `ABI.ID_*`. */
  readonly id: number;
  /** The message's bytes, each as one character. */
  readonly text: string;
  /** Whether its end is missing. */
  readonly truncated: boolean;
  /** The fields of a kernel log record, besides its text. */
  readonly klog: KlogMessage | null;
}

/**
 * Returns one character for each byte. Deno's own decoder for latin1 is faster,
 * but decodes bytes from 0x80 on to other letters; it is used for the millions
 * of messages in ASCII.
 */
export function characters(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Returns the bytes that {@linkcode characters} has made a text of. */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function copyOf(record: RecordView): Message {
  const { payloadOffset, payloadBytes, ring, seq, epoch, id } = record;
  const bytes = record.bytes.subarray(
    payloadOffset,
    payloadOffset + payloadBytes,
  );
  const time = BigInt(record.timeHigh) << 32n | BigInt(record.timeLow);
  const text = id === ABI.ID_MESSAGE
    ? new TextDecoder("latin1").decode(bytes)
    : characters(bytes);
  const { truncated } = record;
  const klog = id === ABI.ID_KLOG ? readKlog(record) : null;
  return { cpu: ring.cpu, seq, epoch, time, id, text, truncated, klog };
}

/** The most rounds in a row while there is more. */
const ROUNDS_AT_ONCE = 64;

/** Keeps the messages that a reader delivers. */
export class Messages {
  /** All messages, in the order of delivery. */
  readonly all: Message[] = [];
  /** The last message of each CPU. */
  readonly last: Map<number, Message> = new Map();

  /**
   * The sink for a `RegionReader`.
   *
   * @throws {Error} if a ring runs backwards.
   */
  readonly sink = (record: RecordView): void => {
    const message = copyOf(record);
    const last = this.last.get(message.cpu);
    if (last && message.seq <= last.seq) {
      throw new Error(`CPU ${message.cpu}: seq ${message.seq} came twice`);
    }
    const older = last && last.epoch === message.epoch &&
      message.time < last.time;
    if (older) throw new Error(`CPU ${message.cpu}: time ran backwards`);
    this.all.push(message);
    this.last.set(message.cpu, message);
  };

  /** The messages that were written, without the protocol's own records. */
  get written(): Message[] {
    return this.all.filter((message) => message.id === ABI.ID_MESSAGE);
  }

  /** The messages in the CPUs' rings, without the kernel log and the clock. */
  get traced(): Message[] {
    return this.all.filter((message) => message.cpu !== ABI.CPU_NONE);
  }

  /** Counts the messages of each CPU. */
  countByCpu(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { cpu } of this.all) counts.set(cpu, (counts.get(cpu) ?? 0) + 1);
    return counts;
  }
}

/** Reads a copy of a region to its end. */
export function readAll(
  buffer: ArrayBuffer,
): { messages: Messages; totals: RegionReader["totals"] } {
  const messages = new Messages();
  const reader = new RegionReader(buffer);
  for (let again = true; again;) {
    const { more, held } = reader.drain(messages.sink);
    again = more || held;
  }
  reader.finish(messages.sink);
  return { messages, totals: reader.totals };
}

/** A reader of a live region, on a read-only mapping as in production. */
export class Follower implements Disposable {
  /** What was delivered so far. */
  readonly messages: Messages = new Messages();
  /** How often the guest's driver was seen to start again. */
  reattached = 0;
  readonly #memory: SharedMemory;
  readonly #libc: Libc;
  readonly #reader: RegionReader;
  #timer: ReturnType<typeof setInterval> | undefined;
  #failure: unknown;

  /** @param name The region's name; its guest must have formatted it. */
  constructor(name: string) {
    this.#libc = new Libc();
    this.#memory = SharedMemory.open(this.#libc, name);
    this.#reader = new RegionReader(this.#memory.buffer);
  }

  /** The reader's counters. */
  get totals(): RegionReader["totals"] {
    return this.#reader.totals;
  }

  /** The reader. */
  get reader(): RegionReader {
    return this.#reader;
  }

  /**
   * Drains once.
   *
   * @returns Whether there is more, or something is held back.
   */
  round(): boolean {
    const { more, held } = this.#drain();
    return more || held;
  }

  #drain(): { more: boolean; held: boolean } {
    const result = this.#reader.drain(this.messages.sink);
    if (!result.reformatted) return result;
    const { sessions } = this.totals;
    const attached = this.#reader.reattach(this.messages.sink);
    if (attached) this.reattached++;
    // A new session counts from the beginning.
    if (this.totals.sessions > sessions) this.messages.last.clear();
    return { more: attached, held: false };
  }

  /** Drains until nothing is left. Only while the guest writes nothing. */
  catchUp(): void {
    while (this.round());
  }

  /** Returns all that came up to now. Only while the guest writes nothing. */
  logged(): readonly Message[] {
    this.catchUp();
    return [...this.messages.all];
  }

  /**
   * Drains until `stop`: at once while there is more, otherwise now and then.
   */
  start(): void {
    this.#timer = setInterval(() => {
      try {
        for (let i = 0; i < ROUNDS_AT_ONCE && this.#drain().more; i++);
      } catch (failure) {
        this.#failure ??= failure;
      }
    }, 5);
  }

  /**
   * Drains the rest.
   *
   * @throws What went wrong meanwhile.
   */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#failure) throw this.#failure;
    this.catchUp();
    this.#reader.finish(this.messages.sink);
  }

  /** Unmaps the region. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#memory.close();
    this.#libc.close();
  }
}
