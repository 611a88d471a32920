// SPDX-License-Identifier: MIT
/**
 * Tests which pages the host writes to: those of the header that was validated.
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CommandError } from "../../cli/errors.ts";
import { HostPages } from "../../cli/regions/host_pages.ts";
import { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { readHeader } from "../../ring/header.ts";
import { HOST, REGION_HEADER } from "../../ring/layout.ts";
import { Guest } from "../support/guest.ts";
import { ReaderProgram } from "../support/reader_program.ts";
import { until } from "../support/temp_folder.ts";

const ARMING = { armed: 7, doorbell: 1, thresholdBytes: 0 };

/** Returns what is armed at an offset of a region. */
function armedAt(buffer: ArrayBuffer, hostOffset: number): number {
  return new DataView(buffer).getUint32(hostOffset + HOST.armed, true);
}

Deno.test("host pages: not while the header is rewritten, nor of another session", () => {
  using guest = new Guest();
  using libc = new Libc();
  using memory = SharedMemory.open(libc, guest.name, { writable: true });
  const pages = new HostPages(libc, memory);
  const info = readHeader(memory.buffer)!;
  pages.claim(info, "rung")!.arm(ARMING);
  assertEquals(armedAt(memory.buffer, info.hostOffset), 7);
  const header = new DataView(guest.object.buffer);
  const magic = header.getBigUint64(REGION_HEADER.magic, true);
  header.setBigUint64(REGION_HEADER.magic, 0n, true);
  assertEquals(pages.claim(info, "rung"), null);
  header.setBigUint64(REGION_HEADER.magic, magic, true);
  assert(pages.claim(info, "rung") !== null);
  guest.format();
  assertEquals(pages.claim(info, "rung"), null);
  assert(pages.claim(readHeader(memory.buffer)!, "rung") !== null);
});

Deno.test("host pages: a session with others has them elsewhere", () => {
  using few = new Guest({ nrTrace: 1 }, 1 << 24);
  using libc = new Libc();
  using memory = SharedMemory.open(libc, few.name, { writable: true });
  const pages = new HostPages(libc, memory);
  const before = readHeader(memory.buffer)!;
  const page = pages.claim(before, "consumer")!;
  using many = new Guest({ nrTrace: 300 }, 1 << 24);
  new Uint8Array(few.object.buffer).set(new Uint8Array(many.object.buffer));
  const after = readHeader(memory.buffer)!;
  assert(after.hostBytes > before.hostBytes);
  const other = pages.claim(after, "consumer")!;
  assert(other !== page);
  // Nothing reaches the old pages any more.
  assertThrows(() => page.arm(ARMING), TypeError);
  other.arm(ARMING);
  assertEquals(armedAt(memory.buffer, after.hostOffset), 7);
});

Deno.test("host pages: each role is one process's", async () => {
  using guest = new Guest();
  await using reader = new ReaderProgram("-s", guest.name, "--lossless");
  const { hostOffset, sessionId } = readHeader(guest.object.buffer)!;
  const words = new BigUint64Array(guest.object.buffer);
  await until(
    "it consumes",
    () => Atomics.load(words, (hostOffset + HOST.sessionId) / 8) === sessionId,
  );
  using libc = new Libc();
  using memory = SharedMemory.open(libc, guest.name, { writable: true });
  const pages = new HostPages(libc, memory);
  const info = readHeader(memory.buffer)!;
  const error = assertThrows(() => pages.claim(info, "consumer"), CommandError);
  const said = new RegExp(`process ${reader.pid} \\(.+\\) consumes it already`);
  assertMatch(error.message, said);
  assert(pages.claim(info, "rung") !== null);
});
