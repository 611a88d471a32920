// SPDX-License-Identifier: MIT
/**
 * What is needed to understand the packets of one epoch: a class for each
 * layout that kernel events have in them, and how the clock relates to UTC.
 *
 * @module
 */
import type { ClockInfo, ClockPair } from "./clock_info.ts";
import type { EventFormat } from "../events/event_format.ts";
import { fits } from "../events/event_values.ts";
import { locate, type Payload, type Span } from "../events/payload.ts";
import { ABI } from "../layout.ts";

/** One layout of a kernel event's records in packets. */
export interface PacketClass {
  /** The id of its records in packets: the event's own, or one made here. */
  readonly id: number;
  /** How the fields lie. */
  readonly format: EventFormat;
  /**
   * Whether the bytes of all dynamic fields follow the fixed part, in order
   * and without gaps, as the kernel lays them out.
   */
  readonly placed: boolean;
  /**
   * Whether more bytes follow all these and are described, as many as the
   * record's length in the packet says. Otherwise only padding to a multiple of
   * eight bytes follows.
   */
  readonly tail: boolean;
}

/** Where formats are looked up. */
export interface FormatSource {
  /** Returns the format that a record has; null if none is known. */
  find(
    epoch: number,
    id: number,
    timeLow: number,
    timeHigh: number,
  ): EventFormat | null;
}

/**
 * Bounds the metadata that a guest can make. A distribution's kernel with all
 * its modules has some 4,600 events.
 */
const CLASSES_MAX = 16384;
/** Ids for records whose own id already stands for another layout. */
const MADE_ID_MIN = 0xff40;
const MADE_ID_MAX = 0xffff;

/** The classes of one format that were needed so far: see `wayOf`. */
interface Ways {
  readonly format: EventFormat;
  readonly classes: (PacketClass | null | undefined)[];
}

function wayOf(placed: boolean, tail: boolean): number {
  return (placed ? 1 : 0) + (tail ? 2 : 0);
}

const span: Span = { offset: 0, bytes: 0 };

/**
 * Returns how many bytes of a payload come before its tail: those of the fixed
 * part and, if they are placed, of the dynamic fields.
 *
 * @param payload One that fits the format.
 */
export function headBytes(
  { format, placed }: Pick<PacketClass, "format" | "placed">,
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

/** Returns a text that is the same for formats that say the same. */
export function signatureOf(format: EventFormat): string {
  const { id, system, name, common, fields, printSource } = format;
  return JSON.stringify([id, system, name, common, fields, printSource]);
}

/**
 * Returns where dynamic fields end in the payload, if they lie as a placed
 * class says.
 *
 * @returns -1 if they do not.
 */
function placedEnd(format: EventFormat, payload: Payload): number {
  let at = payload.payloadOffset + format.fixedBytes;
  for (const field of format.dynamic) {
    locate(field, payload, span);
    if (span.offset !== at) return -1;
    at += span.bytes;
  }
  return at - payload.payloadOffset;
}

/** Keeps the classes of one epoch. They are only added to. */
export class PacketClasses {
  /** The epoch of the guest's driver. */
  readonly epoch: number;
  /**
   * The clock, which is fixed, because another one would change times that are
   * in the trace already.
   */
  readonly clockInfo: ClockInfo;
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
   * @param clock Null if it is not known yet.
   */
  constructor(
    epoch: number,
    clockInfo: ClockInfo,
    source: FormatSource | null,
    clock: ClockPair | null,
  ) {
    this.epoch = epoch;
    this.clockInfo = clockInfo;
    this.#source = source;
    this.#clock = clock;
  }

  /** Whether no class can be added: only what needs none is described. */
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

  /** The first pair that was given; null if none was. */
  get clock(): ClockPair | null {
    return this.#clock;
  }

  /**
   * Takes a pair. Only the first is kept, because times must not move within a
   * trace.
   */
  tell(clock: ClockPair): void {
    if (this.#clock !== null || this.frozen) return;
    this.#clock = clock;
    this.#version++;
  }

  /**
   * Returns the class of a kernel event's record.
   *
   * @param id The record's id. @param timeLow Low half of its timestamp.
   * @returns Null if no format is known, if the record contradicts its format,
   * or if there are too many classes.
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
    const end = isPlaceable(format) ? placedEnd(format, payload) : -1;
    const placed = end >= 0;
    const head = placed ? end : format.fixedBytes;
    // If dynamic fields have their data in another place, a tail shows even the
    // fewest bytes of it.
    const most = placed || format.dynamic.length === 0 ? filledUp(head) : head;
    const tail = takesRest(format) || payload.payloadBytes > most;
    const way = wayOf(placed, tail);
    const known = ways.classes[way];
    if (known !== undefined) return known;
    return ways.classes[way] = this.#add(format, placed, tail);
  }

  /**
   * Makes sure that there is a class for an event that comes in parts, because
   * only a program that joins them can tell whether it agrees with its format.
   */
  mention(id: number, timeLow: number, timeHigh: number): void {
    const format = this.#source?.find(this.epoch, id, timeLow, timeHigh);
    if (!format) return;
    const { classes } = this.#waysOf(format);
    if (classes.some((each) => each !== undefined)) return;
    const tail = takesRest(format);
    classes[wayOf(false, tail)] = this.#add(format, false, tail);
  }

  #waysOf(format: EventFormat): Ways {
    // Mostly, the format is that of the last record with this id.
    const recent = this.#recent.get(format.id);
    if (recent?.format === format) return recent;
    let ways = this.#ways.get(format);
    if (ways === undefined) {
      this.#ways.set(format, ways = { format, classes: [] });
    }
    this.#recent.set(format.id, ways);
    return ways;
  }

  /**
   * Adds a class, or finds it if it is there already, because the same text may
   * have been published again.
   */
  #add(
    format: EventFormat,
    placed: boolean,
    tail: boolean,
  ): PacketClass | null {
    const signature = `${wayOf(placed, tail)} ${signatureOf(format)}`;
    const known = this.#bySignature.get(signature);
    if (known !== undefined) return known;
    const id = this.#taken.has(format.id) ? this.#madeId : format.id;
    if (id > MADE_ID_MAX || this.#list.length === CLASSES_MAX) return null;
    if (id === this.#madeId) this.#madeId++;
    const added = { id, format, placed, tail };
    this.#taken.add(id);
    this.#list.push(added);
    this.#bySignature.set(signature, added);
    this.#version++;
    return added;
  }
}

/**
 * Tells whether dynamic fields may be placed: not if a field takes the rest of
 * the payload.
 */
function isPlaceable(format: EventFormat): boolean {
  return format.dynamic.length > 0 && !takesRest(format);
}

/** Tells whether the last field covers all bytes that no other one has. */
function takesRest({ fields }: EventFormat): boolean {
  return fields.at(-1)?.bytes === 0;
}

/**
 * Returns where the next record would begin; no tool looks at bytes before
 * that.
 */
function filledUp(bytes: number): number {
  return (bytes + ABI.RECORD_ALIGN - 1) & -ABI.RECORD_ALIGN;
}
