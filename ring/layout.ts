// SPDX-License-Identifier: MIT
/**
 * The layout of the shared memory: a mirror of `guest/ivring_abi.h`, which is
 * the authority. `tests/guest/mirror_test.ts` compiles that header and compares
 * every name, size, offset and constant both ways.
 *
 * Struct tables map each field's camelCased C name to its byte offset; `size`
 * is the struct's size in bytes. All fields are little endian.
 *
 * @module
 */

/** Constants of `guest/ivring_abi.h`, under their C names without `IVRING_`. */
export const ABI = {
  MAGIC: 0x0a1a474e49525649n,
  ABI_MAJOR: 1,
  ABI_MINOR: 2,
  FEATURES_COMPAT: 0,
  FEATURES_INCOMPAT: 0,
  MARK: 0x0d1a474e49525649n,
  MARK_OFFSET: 1024,
  PAGE_BYTES: 4096,
  REGION_BYTES_MIN: 65536,
  REGION_BYTES_MAX: 0x200000000,
  BLOCK_BYTES_MIN: 4096,
  BLOCK_BYTES_MAX: 65536,
  BLOCKS_MIN: 4,
  RING_BYTES_MAX: 0x80000000,
  RINGS_MAX: 4096,
  NAME_BYTES: 64,
  VERSION_BYTES: 32,
  BOOT_ID_BYTES: 16,
  MESSAGE_BYTES_MAX: 262144,
  PANIC_TEXT_BYTES: 128,
  COMM_BYTES: 16,
  META_BYTES_MAX: 0x800000,
  META_TEXT_BYTES_MAX: 65536,
  POSITION_LIMIT: 0x10000000000000,
  CLOCK_NONE: 0,
  CLOCK_MONOTONIC: 1,
  CLOCK_TSC: 2,
  STATE_RUNNING: 1,
  STATE_PANICKED: 2,
  STATE_UNLOADED: 3,
  STATE_SUSPENDED: 4,
  REASON_NONE: 0,
  REASON_PANIC: 1,
  REASON_OOPS: 2,
  REASON_RESTART: 3,
  REASON_SHUTDOWN: 4,
  MODE_OVERWRITE: 0,
  MODE_LOSSLESS: 1,
  MODE_UNCONSUMED: 2,
  KIND_TRACE: 0,
  KIND_KLOG: 1,
  CPU_NONE: 0xffffffff,
  BLOCK_MAGIC: 0xc1fc1fc1,
  RECORD_ALIGN: 8,
  ID_KERNEL_MAX: 0xfeff,
  ID_MESSAGE: 0xff00,
  ID_PART: 0xff01,
  ID_TAKEOVER: 0xff02,
  ID_OPAQUE: 0xff03,
  ID_KLOG: 0xff04,
  ID_CLOCK: 0xff05,
  ID_TASK: 0xff06,
  TAKEOVER_BOOT: 1,
  TAKEOVER_PANIC: 2,
  TAKEOVER_KILLED: 3,
  TAKEOVER_RESUME: 4,
  ANNOUNCE_START: 1,
  ANNOUNCE_STEP: 2,
  KLOG_NO_TIME: 0xffffffffffffffffn,
  META_FORMAT: 1,
  META_PARTS: 2,
  META_ID_SYMBOLS: 0xff80,
  META_ID_LAST: 0xffff,
} as const;

/** `struct ivring_region_header`. */
export const REGION_HEADER = {
  size: 512,
  magic: 0,
  abiMajor: 8,
  abiMinor: 10,
  headerBytes: 12,
  checksum: 16,
  blockBytes: 20,
  featuresCompat: 24,
  featuresIncompat: 32,
  regionBytes: 40,
  sessionId: 48,
  bootId: 56,
  epoch: 72,
  clockId: 76,
  clockHz: 80,
  clockBase: 88,
  utcBaseNs: 96,
  liveOffset: 104,
  hostOffset: 108,
  hostBytes: 112,
  ringsOffset: 116,
  nrRings: 120,
  ringStride: 124,
  metaOffset: 128,
  metaBytes: 136,
  dataOffset: 144,
  dataBytes: 152,
  guestName: 160,
  kernelRelease: 224,
  driverVersion: 288,
  reserved: 320,
} as const;

/** `struct ivring_live`. */
export const LIVE = {
  size: 320,
  state: 0,
  reason: 4,
  heartbeat: 8,
  clockSeq: 16,
  klogCheck: 20,
  clockValue: 24,
  utcNs: 32,
  klogSeq: 40,
  mode: 48,
  reserved: 52,
  doorbells: 56,
  panicText: 64,
  nameSeq: 192,
  reserved1: 196,
  guestName: 256,
} as const;

/** `struct ivring_host`. */
export const HOST = {
  size: 128,
  armed: 0,
  doorbell: 4,
  thresholdBytes: 8,
  reserved0: 12,
  sessionId: 64,
  beat: 72,
  reserved1: 80,
} as const;

/** `struct ivring_consumer`. */
export const CONSUMER = {
  size: 32,
  position: 0,
  seq: 8,
  nextSeq: 16,
  drops: 24,
} as const;

/** `struct ivring_ring_geometry`. */
export const RING_GEOMETRY = {
  size: 64,
  kind: 0,
  cpu: 4,
  dataOffset: 8,
  nrBlocks: 16,
  blockBytes: 20,
  reserved: 24,
} as const;

/** `struct ivring_ring_live`. */
export const RING_LIVE = {
  size: 64,
  commit: 0,
  commitSeq: 8,
  drops: 16,
  reserved: 24,
} as const;

/** `struct ivring_ring_desc`. */
export const RING_DESC = {
  size: 128,
  geometry: 0,
  live: 64,
} as const;

/** `struct ivring_block`: a CTF 1.8 packet header and context. */
export const BLOCK = {
  size: 64,
  magic: 0,
  streamId: 4,
  packetSeqNum: 8,
  timestampBegin: 16,
  timestampEnd: 24,
  contentSize: 32,
  packetSize: 36,
  eventsDiscarded: 40,
  firstSeq: 48,
  cpuId: 56,
  epoch: 60,
} as const;

/** `struct ivring_record`. */
export const RECORD = {
  size: 16,
  timestamp: 0,
  id: 8,
  len: 10,
  seq: 12,
} as const;

/** `struct ivring_part`. */
export const PART = {
  size: 16,
  firstSeq: 0,
  offsetBytes: 4,
  totalBytes: 8,
  id: 12,
  dataBytes: 14,
} as const;

/** `struct ivring_takeover`. */
export const TAKEOVER = {
  size: 8,
  reason: 0,
  epoch: 4,
} as const;

/** `struct ivring_klog`. */
export const KLOG = {
  size: 24,
  seq: 0,
  timeUs: 8,
  skipped: 16,
  priority: 20,
  textBytes: 22,
} as const;

/** `struct ivring_clock`. */
export const CLOCK = {
  size: 24,
  clockValue: 0,
  utcNs: 8,
  reason: 16,
  epoch: 20,
} as const;

/** `struct ivring_task`. */
export const TASK = {
  size: 24,
  pid: 0,
  tgid: 4,
  comm: 8,
} as const;

/** `struct ivring_meta`. */
export const META = {
  size: 64,
  commit: 0,
  epoch: 8,
  refused: 12,
  reserved: 16,
} as const;

/** `struct ivring_meta_entry`. */
export const META_ENTRY = {
  size: 32,
  timestamp: 0,
  textBytes: 8,
  checksum: 12,
  id: 16,
  kind: 18,
  reserved: 20,
} as const;
