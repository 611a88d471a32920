// SPDX-License-Identifier: MIT
/**
 * What the packets of one epoch take to be understood: a class for each layout
 * that kernel events have in them, and how the clock relates to UTC.
 *
 * @module
 */
import type { EventFormat } from "../events/event_format.ts";
import {
  fits,
  locate,
  type Payload,
  type Span,
} from "../events/event_values.ts";

/** One layout of a kernel event's records in packets. */
export interface PacketClass {
  /** That its records bear in packets: the event's own, or one made here. */
  readonly id: number;
  /** How the fields lie. */
  readonly format: EventFormat;
  /**
   * Whether the bytes of all dynamic fields follow the fixed part, in order
   * and without gaps, as the kernel lays them out.
   */
  readonly placed: boolean;
}

/** A moment on the guest's clock, and by the guest's claim in UTC. */
export interface ClockPair {
  readonly ticks: bigint;
  readonly utcNs: bigint;
}

/** Where formats are looked up. */
export interface FormatSource {
  /** The format that holds for a record; null where none is known. */
  find(
    epoch: number,
    id: number,
    timeLow: number,
    timeHigh: number,
  ): EventFormat | null;
}

/** More make a trace no tool is quick with; a kernel has some 1,300 events. */
const CLASSES_MAX = 4096;
/** Ids for what comes under an id that has another layout already. */
const MADE_ID_MIN = 0xff40;
const MADE_ID_MAX = 0xffff;

/** The classes of one format, as far as they were needed. */
interface Ways {
  readonly format: EventFormat;
  placed?: PacketClass | null;
  unplaced?: PacketClass | null;
}

const span: Span = { offset: 0, bytes: 0 };

/**
 * Bytes of a payload before its tail: the fixed part, and the dynamic fields'
 * where these are placed.
 *
 * @param payload Must fit the format.
 */
export function headBytes(
  { format, placed }: PacketClass,
  payload: Payload,
): number {
  let bytes = format.fixedBytes;
  if (!placed) return bytes;
  for (const field of format.dynamic) {
    locate(field, payload, span);
    bytes += span.bytes;
  }
  return bytes;
}

/** A text that two formats share if they are the same in all that they say. */
export function signatureOf(format: EventFormat): string {
  return JSON.stringify(
    format,
    (_, value) => typeof value === "bigint" ? `${value}n` : value,
  );
}

/** Whether dynamic fields lie as a placed class says. */
function liesPlaced(format: EventFormat, payload: Payload): boolean {
  let at = payload.payloadOffset + format.fixedBytes;
  for (const field of format.dynamic) {
    locate(field, payload, span);
    if (span.offset !== at) return false;
    at += span.bytes;
  }
  return true;
}

/** The classes of one epoch; they only ever become more. */
export class PacketClasses {
  /** Of the guest's driver. */
  readonly epoch: number;
  readonly #source: FormatSource | null;
  readonly #list: PacketClass[] = [];
  readonly #ways = new WeakMap<EventFormat, Ways>();
  readonly #recent = new Map<number, Ways>();
  readonly #bySignature = new Map<string, PacketClass>();
  readonly #taken = new Set<number>();
  #madeId = MADE_ID_MIN;
  #clock: ClockPair | null;
  #version = 0;

  /**
   * @param source Gives the formats; without it there will be no class.
   * @param clock Null where it is not known yet.
   */
  constructor(
    epoch: number,
    source: FormatSource | null,
    clock: ClockPair | null,
  ) {
    this.epoch = epoch;
    this.#source = source;
    this.#clock = clock;
  }

  /** Whether there will never be a class: only what needs none is described. */
  get frozen(): boolean {
    return this.#source === null;
  }

  /** All classes so far. */
  get list(): readonly PacketClass[] {
    return this.#list;
  }

  /** Grows when a class is added or the clock becomes known. */
  get version(): number {
    return this.#version;
  }

  /** The first pair that was told; null if none was. */
  get clock(): ClockPair | null {
    return this.#clock;
  }

  /** Tells a pair; only the first is kept: times must not move in a trace. */
  tell(clock: ClockPair): void {
    if (this.#clock !== null || this.frozen) return;
    this.#clock = clock;
    this.#version++;
  }

  /**
   * The class of a kernel event's record.
   *
   * @param id Of the record. @param timeLow Low half of its timestamp.
   * @returns Null where no format is known, where the record is not as its
   * format says, or where there are too many classes.
   */
  classOf(
    id: number,
    timeLow: number,
    timeHigh: number,
    payload: Payload,
  ): PacketClass | null {
    const format = this.#source?.find(this.epoch, id, timeLow, timeHigh);
    if (!format || !fits(format, payload)) return null;
    const ways = this.#waysOf(format);
    const placed = isPlaceable(format) && liesPlaced(format, payload);
    const way = placed ? "placed" : "unplaced";
    const known = ways[way];
    if (known !== undefined) return known;
    return ways[way] = this.#add(format, placed);
  }

  /**
   * Makes sure that there is a class of an event that comes in parts: only who
   * joins them can tell whether it is as its format says.
   */
  mention(id: number, timeLow: number, timeHigh: number): void {
    const format = this.#source?.find(this.epoch, id, timeLow, timeHigh);
    if (!format) return;
    const ways = this.#waysOf(format);
    if (ways.placed || ways.unplaced !== undefined) return;
    ways.unplaced = this.#add(format, false);
  }

  #waysOf(format: EventFormat): Ways {
    // Mostly it is the one of the last record with this id.
    const recent = this.#recent.get(format.id);
    if (recent?.format === format) return recent;
    let ways = this.#ways.get(format);
    if (ways === undefined) this.#ways.set(format, ways = { format });
    this.#recent.set(format.id, ways);
    return ways;
  }

  /** The same text may have been published again: it is one class. */
  #add(format: EventFormat, placed: boolean): PacketClass | null {
    const signature = `${placed} ${signatureOf(format)}`;
    const known = this.#bySignature.get(signature);
    if (known !== undefined) return known;
    const id = this.#taken.has(format.id) ? this.#madeId : format.id;
    if (id > MADE_ID_MAX || this.#list.length === CLASSES_MAX) return null;
    if (id === this.#madeId) this.#madeId++;
    const added = { id, format, placed };
    this.#taken.add(id);
    this.#list.push(added);
    this.#bySignature.set(signature, added);
    this.#version++;
    return added;
  }
}

/** What takes the rest of the payload leaves nothing to be placed. */
function isPlaceable({ dynamic, fields }: EventFormat): boolean {
  return dynamic.length > 0 && fields.at(-1)?.bytes !== 0;
}
