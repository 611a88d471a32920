// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  RingCorruptError,
  RingFormatError,
  RingVersionError,
} from "../../ring/errors.ts";
import { readGuestName } from "../../ring/guest_name.ts";
import { readHeader } from "../../ring/header.ts";
import {
  ABI,
  LIVE,
  REGION_HEADER as H,
  RING_DESC,
  RING_GEOMETRY as G,
} from "../../ring/layout.ts";
import { setLive } from "../support/live.ts";
import { makeRegion, reseal } from "../support/regions.ts";

const RINGS_OFFSET = 8192;
const BYTES = 1 << 18;

function bent(bend: (view: DataView) => void, sealed = true): ArrayBuffer {
  const { buffer } = makeRegion();
  bend(new DataView(buffer));
  if (sealed) reseal(buffer);
  return buffer;
}

Deno.test("a whole header is read", () => {
  const { buffer } = makeRegion({
    guestName: "vm1",
    driverVersion: "1.2.3",
    sessionId: 7n,
  });
  const info = readHeader(buffer);
  assert(info !== null);
  assertEquals(info.guestName, "vm1");
  assertEquals(info.driverVersion, "1.2.3");
  assertEquals(info.abiMinor, ABI.ABI_MINOR);
  assertEquals(info.sessionId, 7n);
  assertEquals(info.regionBytes, BYTES);
  assertEquals(info.rings.map((ring) => ring.kind), [0, 0, 1]);
  assertEquals(info.rings[2].cpu, 0xffffffff);
});

Deno.test("an object larger than the region is fine", () => {
  const { buffer } = makeRegion();
  assertEquals(readHeader(buffer.transfer(2 * BYTES))?.regionBytes, BYTES);
});

Deno.test("zeroed memory is no error, only not formatted yet", () => {
  assertEquals(readHeader(new ArrayBuffer(BYTES)), null);
});

Deno.test("what is no region is named so", () => {
  assertThrows(
    () => readHeader(new ArrayBuffer(4096)),
    RingFormatError,
    "4096 bytes",
  );
  const other = new ArrayBuffer(BYTES);
  new DataView(other).setUint32(0, 0x464c457f, true);
  assertThrows(() => readHeader(other), RingFormatError, "464c457f");
});

Deno.test("other versions and unknown features are refused", () => {
  const refused = (bend: (view: DataView) => void, text: string) =>
    assertThrows(() => readHeader(bent(bend)), RingVersionError, text);
  refused((v) => v.setUint16(H.abiMajor, 2, true), `ABI 2.${ABI.ABI_MINOR}`);
  refused(
    (v) => v.setUint8(H.featuresIncompat + 7, 0x80),
    "0x8000000000000000",
  );
});

Deno.test("a later minor is read, whatever it has put into reserved bytes", () => {
  const buffer = bent((v) => {
    v.setUint16(H.abiMinor, ABI.ABI_MINOR + 1, true);
    v.setUint8(H.reserved + 3, 1);
  });
  assert(readHeader(buffer) !== null);
});

/** Makes a region as a driver of ABI 1.0 does. */
const bentTo10 = (bend: (view: DataView) => void = () => {}) =>
  bent((v) => {
    v.setUint16(H.abiMinor, 0, true);
    bend(v);
  });

Deno.test("a region of ABI 1.0 is read; what 1.1 named is reserved there", () => {
  const info = readHeader(bentTo10());
  assert(info !== null);
  assertEquals([info.abiMinor, info.driverVersion], [0, ""]);
  for (const at of [H.driverVersion, H.driverVersion + 31, H.reserved]) {
    const buffer = bentTo10((v) => v.setUint8(at, 0x31));
    assertThrows(() => readHeader(buffer), RingCorruptError, "reserved");
  }
});

Deno.test("the live line of ABI 1.0 may lie right before the next part", () => {
  const at = 4096 - LIVE.nameSeq;
  const place = (v: DataView) => {
    v.setUint32(H.liveOffset, at, true);
    v.setUint8(at + LIVE.guestName, 0x41); // that is the host's page
  };
  const buffer = bentTo10(place);
  const info = readHeader(buffer);
  assert(info !== null);
  assertEquals(readGuestName(buffer, info), info.guestName);
  assertThrows(() => readHeader(bent(place)), RingCorruptError, "hostOffset");
});

Deno.test("a guest's name is the one it has now", () => {
  const { buffer } = makeRegion({ guestName: "at the start" });
  const info = readHeader(buffer);
  assert(info !== null);
  assertEquals(readGuestName(buffer, info), "at the start");
  setLive(buffer, { guestName: "now" });
  assertEquals(readGuestName(buffer, info), "now");
  setLive(buffer, { guestName: "x".repeat(ABI.NAME_BYTES) });
  assertEquals(readGuestName(buffer, info), "x".repeat(ABI.NAME_BYTES));
  // While the name changes, it is neither the old one nor the new one.
  new DataView(buffer).setUint32(info.liveOffset + LIVE.nameSeq, 3, true);
  assertEquals(readGuestName(buffer, info), "at the start");
});

Deno.test("unknown compatible features are ignored", () => {
  const buffer = bent((v) => v.setUint8(H.featuresCompat, 0xff));
  assert(readHeader(buffer) !== null);
});

Deno.test("a wrong checksum is seen, in the header and in a descriptor", () => {
  for (const at of [H.guestName, RINGS_OFFSET + G.cpu]) {
    const buffer = bent((v) => v.setUint8(at, 0xee), false);
    assertThrows(() => readHeader(buffer), RingCorruptError, "checksum");
  }
});

/**
 * Every check of the header: what is changed, and the field that is reported.
 */
const BENT: [name: string, field: string, bend: (view: DataView) => void][] = [
  ["short header", "headerBytes", (v) => v.setUint32(H.headerBytes, 8, true)],
  ["other stride", "ringStride", (v) => v.setUint32(H.ringStride, 64, true)],
  ["no rings", "nrRings", (v) => v.setUint32(H.nrRings, 0, true)],
  ["many rings", "nrRings", (v) => v.setUint32(H.nrRings, 5000, true)],
  [
    "rings outside",
    "ringsOffset",
    (v) => v.setUint32(H.ringsOffset, BYTES - 64, true),
  ],
  ["rings askew", "ringsOffset", (v) => v.setUint32(H.ringsOffset, 8200, true)],
  [
    "region larger than object",
    "regionBytes",
    (v) => v.setBigUint64(H.regionBytes, BigInt(BYTES + 4096), true),
  ],
  [
    "region size askew",
    "regionBytes",
    (v) => v.setBigUint64(H.regionBytes, BigInt(BYTES - 8), true),
  ],
  [
    "huge region",
    "regionBytes",
    (v) => v.setBigUint64(H.regionBytes, 1n << 63n, true),
  ],
  [
    "block size 5000",
    "blockBytes",
    (v) => v.setUint32(H.blockBytes, 5000, true),
  ],
  [
    "block size 2048",
    "blockBytes",
    (v) => v.setUint32(H.blockBytes, 2048, true),
  ],
  ["no session", "sessionId", (v) => v.setBigUint64(H.sessionId, 0n, true)],
  ["unknown clock", "clockId", (v) => v.setUint32(H.clockId, 9, true)],
  ["clock without rate", "clockHz", (v) => v.setBigUint64(H.clockHz, 0n, true)],
  ["reserved byte", "reserved[3]", (v) => v.setUint8(H.reserved + 3, 1)],
  [
    "live line askew",
    "liveOffset",
    (v) => v.setUint32(H.liveOffset, 2052, true),
  ],
  [
    "live line in header",
    "liveOffset",
    (v) => v.setUint32(H.liveOffset, 64, true),
  ],
  [
    "host page askew",
    "hostOffset",
    (v) => v.setUint32(H.hostOffset, 4160, true),
  ],
  ["host page empty", "hostBytes", (v) => v.setUint32(H.hostBytes, 0, true)],
  ["host page cut", "hostBytes", (v) => v.setUint32(H.hostBytes, 2048, true)],
  [
    "host page over rings",
    "ringsOffset",
    (v) => v.setUint32(H.hostBytes, 8192, true),
  ],
  ["metadata over data", "metaOffset", (v) => {
    v.setBigUint64(H.metaOffset, 16384n, true);
    v.setBigUint64(H.metaBytes, 8192n, true);
  }],
  ["metadata askew", "metaOffset", (v) => {
    v.setBigUint64(H.metaOffset, 16388n, true);
    v.setBigUint64(H.metaBytes, 8192n, true);
  }],
  [
    "half a page of metadata",
    "metaBytes",
    (v) => v.setBigUint64(H.metaBytes, 4096n, true),
  ],
  [
    "too much metadata",
    "metaBytes",
    (v) => v.setBigUint64(H.metaBytes, BigInt(ABI.META_BYTES_MAX) * 2n, true),
  ],
  ["no data", "dataBytes", (v) => v.setBigUint64(H.dataBytes, 0n, true)],
  [
    "data outside",
    "dataOffset",
    (v) => v.setBigUint64(H.dataOffset, BigInt(BYTES - 4096), true),
  ],
  ["unknown ring kind", "ring 1 kind", (v) => ring(v, G.kind, 7)],
  [
    "ring's own block size",
    "ring 1 blockBytes",
    (v) => ring(v, G.blockBytes, 8192),
  ],
  ["three blocks", "ring 1 nrBlocks", (v) => ring(v, G.nrBlocks, 3)],
  ["ring of 4 GiB", "ring 1 nrBlocks", (v) => ring(v, G.nrBlocks, 1 << 20)],
  ["ring askew", "ring 1 dataOffset", (v) => {
    const at = RINGS_OFFSET + RING_DESC.size + G.dataOffset;
    v.setUint32(at, v.getUint32(at, true) + 8, true);
  }],
  [
    "ring far outside",
    "ring 1 dataOffset",
    (v) => ring(v, G.dataOffset + 4, 7),
  ],
  [
    "ring over another",
    "ring 1 dataOffset",
    (v) => ring(v, G.dataOffset, 12288),
  ],
  [
    "last ring too long",
    "ring 2 end",
    (v) =>
      v.setUint32(RINGS_OFFSET + 2 * RING_DESC.size + G.nrBlocks, 99, true),
  ],
  ["ring's reserved byte", "ring 1 reserved[0]", (v) => ring(v, G.reserved, 1)],
];

function ring(view: DataView, field: number, value: number): void {
  view.setUint32(RINGS_OFFSET + RING_DESC.size + field, value, true);
}

for (const [name, field, bend] of BENT) {
  Deno.test(`corrupt header: ${name}`, () => {
    const error = assertThrows(() => readHeader(bent(bend)), RingCorruptError);
    assert(
      error.field.startsWith(field),
      `${error.field} named instead of ${field}`,
    );
  });
}
