// SPDX-License-Identifier: MIT
/**
 * Reads the region header: copies it and checks it in full. From then on, only
 * the copy bounds accesses, and never the header in shared memory.
 *
 * @module
 */
import { crc32 } from "./crc32.ts";
import {
  RingCorruptError,
  RingFormatError,
  RingVersionError,
} from "./errors.ts";
import {
  bytesOf,
  exactly,
  multiple,
  textOf,
  within,
  within64,
  zero,
} from "./header_fields.ts";
import { hexOf } from "./hex.ts";
import {
  ABI,
  CONSUMER,
  HOST,
  LIVE,
  REGION_HEADER as H,
  RING_DESC,
  RING_GEOMETRY as G,
} from "./layout.ts";
import {
  checkRingsDisjoint,
  type RingInfo,
  validateRing,
} from "./ring_geometry.ts";
import { SharedWords } from "./shared_words.ts";

/** A validated region header. Fields that are mere claims say so. */
export interface RegionInfo {
  /** Bytes of the region; the object may be larger. */
  readonly regionBytes: number;
  /** Changes when positions restart; never 0. */
  readonly sessionId: bigint;
  /** Random id of this start of the driver; 32 hex digits. */
  readonly bootId: string;
  /** Counts driver starts within the session. */
  readonly epoch: number;
  /** `ABI.CLOCK_*`. */
  readonly clockId: number;
  /** Ticks per second; 0 if there is no clock. */
  readonly clockHz: number;
  /** Clock ticks at `utcBaseNs`. */
  readonly clockBase: bigint;
  /** Claimed by the guest: ns since 1970 UTC. */
  readonly utcBaseNs: bigint;
  /**
   * The guest's name when its driver started, as it claims; raw bytes decoded
   * as UTF-8, not sanitised. `readGuestName` returns the current name.
   */
  readonly guestName: string;
  /** Claimed by the guest; raw bytes decoded as UTF-8, not sanitised. */
  readonly kernelRelease: string;
  /** Version of the driver, as the guest claims, also raw; "" in ABI 1.0. */
  readonly driverVersion: string;
  /** Minor number of the ABI that the guest writes. */
  readonly abiMinor: number;
  /** Checksum of the whole header, by which a changed header is noticed. */
  readonly checksum: number;
  /** Offset of `struct ivring_live`. */
  readonly liveOffset: number;
  /** Offset of `struct ivring_host`; a multiple of a page. */
  readonly hostOffset: number;
  /** Bytes of it and of the consumer's positions, in whole pages. */
  readonly hostBytes: number;
  /** Offset of the metadata area. */
  readonly metaOffset: number;
  /** Bytes of one part of the metadata area; 0 if there is none. */
  readonly metaPartBytes: number;
  /** Bytes of a block, the same in every ring. */
  readonly blockBytes: number;
  /** The rings, in descriptor order. */
  readonly rings: readonly RingInfo[];
}

/** How many times to copy a header that changes meanwhile. */
const ATTEMPTS = 3;

/**
 * Reads and validates the header of a region.
 *
 * @param buffer The mapped object, or a copy of one.
 * @returns The header, or null if none is written (yet): the magic is 0 or the
 * guest is just rewriting it.
 * @throws {RingFormatError} if this is not an ivring region.
 * @throws {RingVersionError} if this reader does not know its version or
 * features.
 * @throws {RingCorruptError} naming the field that does not add up.
 */
export function readHeader(buffer: ArrayBuffer): RegionInfo | null {
  if (buffer.byteLength < ABI.REGION_BYTES_MIN) {
    throw new RingFormatError(
      `not a ring: ${buffer.byteLength} bytes, a region has at least ${ABI.REGION_BYTES_MIN}`,
    );
  }
  const shared = new SharedWords(buffer);
  for (let attempt = 1;; attempt++) {
    // MO(readHeader:A) pairs with ivring_region_attach:D, ivring_region_attach:E
    // and HeaderWriter.seal:A. If it reads the magic that is stored last, the
    // copy behind it has the whole header, or what a later start stored.
    const magic = shared.load(H.magic);
    if (magic === 0n) return null;
    if (magic !== ABI.MAGIC) {
      throw new RingFormatError(
        `not a ring: it starts with 0x${magic.toString(16).padStart(16, "0")}`,
      );
    }
    const header = new DataView(buffer.slice(0, H.size));
    checkVersion(header);
    const geometry = copyGeometry(buffer, header);
    // MO(readHeader:B) pairs with ivring_region_attach:B and HeaderWriter.begin:A.
    // If the copy has anything that was stored behind one of these, the load
    // below reads 0, or the magic of the next header.
    shared.fence();
    if (shared.load(H.magic) !== magic) return null;
    // The copy has another magic: the guest may be clearing the header again.
    const isWhole = header.getBigUint64(H.magic, true) === magic;
    if (!isWhole && attempt === ATTEMPTS) return null;
    const found = checksumOf(header, geometry);
    const stated = header.getUint32(H.checksum, true);
    if (found === stated) return validate(buffer, header, geometry);
    if (attempt === ATTEMPTS) {
      throw new RingCorruptError("checksum", stated, found);
    }
  }
}

function checkVersion(h: DataView): void {
  const major = h.getUint16(H.abiMajor, true);
  if (major !== ABI.ABI_MAJOR) {
    const minor = h.getUint16(H.abiMinor, true);
    throw new RingVersionError(
      `the guest writes ABI ${major}.${minor}, this reader knows ` +
        `${ABI.ABI_MAJOR}.x: use a matching ivring_reader`,
    );
  }
  const unknown = h.getBigUint64(H.featuresIncompat, true) &
    ~BigInt(ABI.FEATURES_INCOMPAT);
  if (unknown !== 0n) {
    throw new RingVersionError(
      `the guest uses features 0x${unknown.toString(16)} that this reader ` +
        `does not know: use a newer ivring_reader`,
    );
  }
}

/** Copies the constant lines of all descriptors, one after the other. */
function copyGeometry(buffer: ArrayBuffer, h: DataView): DataView {
  const nrRings = within(h, "nrRings", 1, ABI.RINGS_MAX);
  exactly(h, "headerBytes", H.size);
  exactly(h, "ringStride", RING_DESC.size);
  const offset = within(h, "ringsOffset", H.size, buffer.byteLength);
  multiple("ringsOffset", offset, 64);
  if (offset + nrRings * RING_DESC.size > buffer.byteLength) {
    throw new RingCorruptError(
      "ringsOffset",
      offset,
      `room for ${nrRings} descriptors in ${buffer.byteLength} bytes`,
    );
  }
  const copy = new Uint8Array(nrRings * G.size);
  for (let i = 0; i < nrRings; i++) {
    copy.set(
      new Uint8Array(buffer, offset + i * RING_DESC.size, G.size),
      i * G.size,
    );
  }
  return new DataView(copy.buffer);
}

function checksumOf(header: DataView, geometry: DataView): number {
  const copy = new Uint8Array(header.buffer.slice(0)) as Uint8Array<
    ArrayBuffer
  >;
  new DataView(copy.buffer).setUint32(H.checksum, 0, true);
  return crc32(new Uint8Array(geometry.buffer as ArrayBuffer), crc32(copy));
}

/** Name, start and length of a part of the region, for the overlap check. */
type Part = [name: string, start: number, bytes: number];

function checkDisjoint(parts: Part[], regionBytes: number): void {
  parts.sort((a, b) => a[1] - b[1]);
  let owner = "the region header";
  let end: number = H.size;
  for (const [name, start, bytes] of parts) {
    if (start < end) {
      throw new RingCorruptError(
        name,
        start,
        `at or behind the end of ${owner}, ${end}`,
      );
    }
    [owner, end] = [name, start + bytes];
  }
  if (end > regionBytes) {
    throw new RingCorruptError(
      owner,
      end,
      `an end within ${regionBytes} bytes`,
    );
  }
}

function validate(
  buffer: ArrayBuffer,
  h: DataView,
  geometry: DataView,
): RegionInfo {
  const regionBytes = within64(
    h,
    "regionBytes",
    ABI.REGION_BYTES_MIN,
    Math.min(ABI.REGION_BYTES_MAX, buffer.byteLength),
  );
  multiple("regionBytes", regionBytes, ABI.PAGE_BYTES);
  const blockBytes = within(
    h,
    "blockBytes",
    ABI.BLOCK_BYTES_MIN,
    ABI.BLOCK_BYTES_MAX,
  );
  if ((blockBytes & (blockBytes - 1)) !== 0) {
    throw new RingCorruptError("blockBytes", blockBytes, "a power of two");
  }
  const sessionId = h.getBigUint64(H.sessionId, true);
  if (sessionId === 0n) throw new RingCorruptError("sessionId", 0, "not 0");
  const clockId = within(h, "clockId", ABI.CLOCK_NONE, ABI.CLOCK_TSC);
  const clockHz = clockId === ABI.CLOCK_NONE
    ? within64(h, "clockHz", 0, 0)
    : within64(h, "clockHz", 1, 1e12);
  const abiMinor = h.getUint16(H.abiMinor, true);
  // A later minor version may have given reserved fields a meaning, which can
  // be ignored.
  const later = abiMinor > ABI.ABI_MINOR;
  if (!later) {
    const reserved = abiMinor === 0 ? H.driverVersion : H.reserved;
    zero("reserved", bytesOf(h, reserved, H.size - reserved));
  }
  const liveBytes = abiMinor === 0 ? LIVE.nameSeq : LIVE.size;

  const liveOffset = within(h, "liveOffset", H.size, regionBytes);
  multiple("liveOffset", liveOffset, 64);
  const hostOffset = within(h, "hostOffset", H.size, regionBytes);
  multiple("hostOffset", hostOffset, ABI.PAGE_BYTES);
  const nrRings = geometry.byteLength / G.size;
  const hostLeast = HOST.size + nrRings * CONSUMER.size;
  const hostBytes = within(h, "hostBytes", hostLeast, regionBytes);
  multiple("hostBytes", hostBytes, ABI.PAGE_BYTES);
  const ringsOffset = h.getUint32(H.ringsOffset, true);
  const metaOffset = within64(h, "metaOffset", 0, regionBytes);
  multiple("metaOffset", metaOffset, ABI.PAGE_BYTES);
  const metaBytes = within64(h, "metaBytes", 0, ABI.META_BYTES_MAX);
  multiple("metaBytes", metaBytes, ABI.META_PARTS * ABI.PAGE_BYTES);
  const dataOffset = within64(h, "dataOffset", H.size, regionBytes);
  const dataBytes = within64(h, "dataBytes", 1, regionBytes);
  const parts: Part[] = [
    ["liveOffset", liveOffset, liveBytes],
    ["hostOffset", hostOffset, hostBytes],
    ["ringsOffset", ringsOffset, nrRings * RING_DESC.size],
    ["dataOffset", dataOffset, dataBytes],
  ];
  if (metaBytes > 0) parts.push(["metaOffset", metaOffset, metaBytes]);
  checkDisjoint(parts, regionBytes);

  const rings = Array.from(
    { length: nrRings },
    (_, i) => validateRing(geometry, i, blockBytes, ringsOffset, later),
  );
  checkRingsDisjoint(rings, dataOffset, dataOffset + dataBytes);
  return {
    regionBytes,
    sessionId,
    bootId: hexOf(bytesOf(h, H.bootId, ABI.BOOT_ID_BYTES)),
    epoch: h.getUint32(H.epoch, true),
    clockId,
    clockHz,
    clockBase: h.getBigUint64(H.clockBase, true),
    utcBaseNs: h.getBigUint64(H.utcBaseNs, true),
    guestName: textOf(bytesOf(h, H.guestName, ABI.NAME_BYTES)),
    kernelRelease: textOf(bytesOf(h, H.kernelRelease, ABI.NAME_BYTES)),
    driverVersion: abiMinor === 0
      ? ""
      : textOf(bytesOf(h, H.driverVersion, ABI.VERSION_BYTES)),
    abiMinor,
    checksum: h.getUint32(H.checksum, true),
    liveOffset,
    hostOffset,
    hostBytes,
    metaOffset,
    metaPartBytes: metaBytes / ABI.META_PARTS,
    blockBytes,
    rings,
  };
}
