// SPDX-License-Identifier: MIT
/**
 * Attaches to a region as `guest/PROTOCOL.md` describes it under "Reading".
 *
 * @module
 */
import { crc32 } from "node:zlib";
import {
  constant,
  offsetOf,
  sizeOf,
  Struct,
  wholeConstant,
} from "./document.ts";

/** What the reader keeps of a ring's geometry. */
export interface SampleGeometry {
  readonly kind: number;
  readonly cpu: number;
  readonly dataOffset: number;
  readonly nrBlocks: number;
  readonly blockBytes: number;
  /** Offset of the ring's `struct ivring_ring_live`. */
  readonly liveOffset: number;
}

/** What the reader keeps of the header. */
export interface SampleHeader {
  readonly sessionId: bigint;
  readonly epoch: number;
  readonly checksum: number;
  readonly rings: readonly SampleGeometry[];
}

/** Why a region is not read. */
export class SampleRefusal extends Error {
  override readonly name = "SampleRefusal";
}

/** Refuses a region if a condition does not hold. */
function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new SampleRefusal(what);
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

const isPages = (value: number) => value % constant("PAGE_BYTES") === 0;
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

/**
 * Reads a region's header.
 *
 * @param region The object's memory, which nobody writes to meanwhile: a reader
 * of a running guest copies again, as the document describes.
 * @returns What the reader keeps, or null if no guest has formatted it yet.
 * @throws {SampleRefusal} naming what does not hold.
 */
export function readSampleHeader(region: ArrayBuffer): SampleHeader | null {
  demand(region.byteLength >= constant("REGION_BYTES_MIN"), "the object");
  const copy = new DataView(region.slice(0, sizeOf("region_header")));
  const header = new Struct("region_header", copy);
  const field = (name: string) => header.number(name);
  if (header.whole("magic") === 0n) return null;
  demand(header.whole("magic") === wholeConstant("MAGIC"), "magic");
  demand(field("abi_major") === constant("ABI_MAJOR"), "abi_major");
  demand(header.whole("features_incompat") === 0n, "features_incompat");

  demand(field("header_bytes") === sizeOf("region_header"), "header_bytes");
  demand(field("ring_stride") === sizeOf("ring_desc"), "ring_stride");
  const nrRings = field("nr_rings");
  demand(isWithin(nrRings, 1, constant("RINGS_MAX")), "nr_rings");
  const descriptors: Part = {
    name: "rings_offset",
    start: field("rings_offset"),
    bytes: nrRings * sizeOf("ring_desc"),
  };
  demand(endOf(descriptors) <= region.byteLength, "rings_offset");
  const geometry = Array.from({ length: nrRings }, (_, i) => {
    const at = descriptors.start + i * sizeOf("ring_desc");
    return new DataView(region.slice(at, at + sizeOf("ring_geometry")));
  });
  demand(checksum(copy, geometry) === field("checksum"), "checksum");

  const regionBytes = field("region_bytes");
  const mostBytes = Math.min(region.byteLength, constant("REGION_BYTES_MAX"));
  demand(
    isWithin(regionBytes, constant("REGION_BYTES_MIN"), mostBytes) &&
      isPages(regionBytes),
    "region_bytes",
  );
  const blockBytes = field("block_bytes");
  demand(
    isWithin(
      blockBytes,
      constant("BLOCK_BYTES_MIN"),
      constant("BLOCK_BYTES_MAX"),
    ) && Number.isInteger(Math.log2(blockBytes)),
    "block_bytes",
  );
  demand(header.whole("session_id") !== 0n, "session_id");
  const hasClock = field("clock_id") !== constant("CLOCK_NONE");
  demand(field("clock_id") <= constant("CLOCK_TSC"), "clock_id");
  demand(
    isWithin(field("clock_hz"), hasClock ? 1 : 0, hasClock ? 1e12 : 0),
    "clock_hz",
  );
  // A later minor version may use fields that are reserved in this one, as 1.1
  // did.
  const minor = field("abi_minor");
  const isKnown = minor <= constant("ABI_MINOR");
  demand(!isKnown || isZero(header.bytes("reserved")), "reserved");
  demand(minor > 0 || isZero(header.bytes("driver_version")), "reserved");

  const live: Part = {
    name: "live_offset",
    start: field("live_offset"),
    bytes: minor === 0 ? offsetOf("live", "name_seq") : sizeOf("live"),
  };
  for (const { name, start } of [live, descriptors]) {
    demand(start % 64 === 0, name);
  }
  const parts = [live, descriptors];
  for (const name of ["host", "meta", "data"]) {
    const start = field(`${name}_offset`);
    const part = {
      name: `${name}_offset`,
      start,
      bytes: field(`${name}_bytes`),
    };
    demand(name === "data" || isPages(part.start), part.name);
    if (part.bytes > 0) parts.push(part);
  }
  const hostLeast = sizeOf("host") + nrRings * sizeOf("consumer");
  const hostBytes = field("host_bytes");
  demand(hostBytes >= hostLeast && isPages(hostBytes), "host_bytes");
  const metaBytes = field("meta_bytes");
  const metaUnit = constant("META_PARTS") * constant("PAGE_BYTES");
  demand(
    metaBytes <= constant("META_BYTES_MAX") && metaBytes % metaUnit === 0,
    "meta_bytes",
  );
  demand(field("meta_offset") <= regionBytes, "meta_offset");
  demand(field("data_bytes") > 0, "data_bytes");
  demandApart(parts, sizeOf("region_header"), regionBytes);

  const rings = geometry.map((view, i) => {
    const liveOffset = descriptors.start + i * sizeOf("ring_desc") +
      offsetOf("ring_desc", "live");
    return readGeometry(view, blockBytes, isKnown, liveOffset);
  });
  const data = parts.find(({ name }) => name === "data_offset")!;
  demandApart(rings.map(partOf), data.start, endOf(data));
  return {
    sessionId: header.whole("session_id"),
    epoch: field("epoch"),
    checksum: field("checksum"),
    rings,
  };
}

/**
 * Computes the checksum over a copy of the header, with the checksum field 0, and
 * the geometry of all rings.
 */
function checksum(header: DataView, geometry: readonly DataView[]): number {
  const bytes = new Uint8Array(header.buffer.slice(0));
  const own = offsetOf("region_header", "checksum");
  bytes.fill(0, own, own + 4);
  return geometry.reduce(
    (crc, { buffer }) => crc32(new Uint8Array(buffer as ArrayBuffer), crc),
    crc32(bytes),
  );
}

function readGeometry(
  view: DataView,
  blockBytes: number,
  isKnown: boolean,
  liveOffset: number,
): SampleGeometry {
  const geometry = new Struct("ring_geometry", view);
  const kind = geometry.number("kind");
  const nrBlocks = geometry.number("nr_blocks");
  const dataOffset = geometry.number("data_offset");
  const mostBlocks = constant("RING_BYTES_MAX") / blockBytes;
  demand(
    kind === constant("KIND_TRACE") || kind === constant("KIND_KLOG"),
    "kind",
  );
  demand(geometry.number("block_bytes") === blockBytes, "ring's block_bytes");
  demand(isWithin(nrBlocks, constant("BLOCKS_MIN"), mostBlocks), "nr_blocks");
  demand(isPages(dataOffset), "ring's data_offset");
  demand(!isKnown || isZero(geometry.bytes("reserved")), "ring's reserved");
  const cpu = geometry.number("cpu");
  return { kind, cpu, dataOffset, nrBlocks, blockBytes, liveOffset };
}

/** A part of the region. */
interface Part {
  readonly name: string;
  readonly start: number;
  readonly bytes: number;
}

const endOf = ({ start, bytes }: Part) => start + bytes;

function partOf(ring: SampleGeometry): Part {
  const bytes = ring.nrBlocks * ring.blockBytes;
  return { name: "ring's data", start: ring.dataOffset, bytes };
}

/** Demands that all parts lie between two places and do not overlap. */
function demandApart(parts: readonly Part[], start: number, end: number): void {
  let free = start;
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    demand(part.start >= free, part.name);
    free = endOf(part);
  }
  demand(free <= end, "the end of the last part");
}
