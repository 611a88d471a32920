// SPDX-License-Identifier: MIT
/** Tests what a host needs to talk to a guest: locks, sealed memory, events. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { SyscallError } from "../../ffi/errors.ts";
import { EventFd } from "../../ffi/eventfd.ts";
import { Libc } from "../../ffi/libc.ts";
import { pollAnyInThread } from "../../ffi/poll.ts";
import { replaceAndHold } from "../../ffi/replace_file.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { openFiles } from "../support/fds.ts";
import { SharedObject } from "../support/shared_object.ts";
import { TempFolder, until } from "../support/temp_folder.ts";
import { ROOT } from "../../packaging/root.ts";

const BYTES = 1 << 16;
const F_GET_SEALS = 1034;

/**
 * Returns the result of another process that tries to lock a byte of an object.
 */
function lockElsewhere(name: string, offset: number): number {
  const script = `
    import { Libc } from "file://${ROOT}/ffi/libc.ts";
    import { SharedMemory } from "file://${ROOT}/ffi/shm.ts";
    using libc = new Libc();
    using memory = SharedMemory.open(libc, "${name}", { writable: true });
    console.log(memory.lock(${offset}));`;
  const { stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", "--no-lock", script],
    env: { NO_COLOR: "1" },
  }).outputSync();
  const text = new TextDecoder();
  const answer = text.decode(stdout).trim();
  if (answer === "") throw new Error(text.decode(stderr));
  return Number(answer);
}

Deno.test("lock: one process has a byte, others learn which", () => {
  using object = new SharedObject(BYTES);
  using libc = new Libc();
  {
    using memory = SharedMemory.open(libc, object.name, { writable: true });
    assertEquals([memory.lock(4096), memory.lock(4096)], [0, 0]);
    assertEquals(lockElsewhere(object.name, 4096), Deno.pid);
    assertEquals(lockElsewhere(object.name, 4160), 0);
    memory.writablePart(4096, 4096); // which opens no file
    assertEquals(lockElsewhere(object.name, 4096), Deno.pid);
  }
  assertEquals(lockElsewhere(object.name, 4096), 0);
});

Deno.test("lock: not of what was opened for reading only", () => {
  using object = new SharedObject(BYTES);
  using libc = new Libc();
  using memory = SharedMemory.open(libc, object.name);
  assertThrows(() => memory.lock(0), SyscallError, "is not open");
  assertThrows(
    () => memory.writablePart(0, 4096),
    SyscallError,
    "permission denied",
  );
});

Deno.test("writable part: these pages and no others", () => {
  using object = new SharedObject(BYTES);
  using libc = new Libc();
  using memory = SharedMemory.open(libc, object.name, { writable: true });
  const part = memory.writablePart(4096, 8192);
  assertEquals(part.byteLength, 8192);
  new Uint8Array(part)[0] = 7;
  assertEquals(new Uint8Array(memory.buffer)[4096], 7);
  assertEquals(memory.writablePart(4096, 8192), part);
  const { stdout } = new Deno.Command("grep", {
    args: [object.path, `/proc/${Deno.pid}/maps`],
  }).outputSync();
  const maps = new TextDecoder().decode(stdout).trimEnd().split("\n")
    .map((line) => line.split(/ +/).slice(0, 3));
  const sizeOf = (range: string) => {
    const [from, to] = range.split("-").map((each) => parseInt(each, 16));
    return to - from;
  };
  const writable = maps.filter(([, access]) => access === "rw-s")
    .map(([range, , offset]) => [sizeOf(range), parseInt(offset, 16)]);
  // These are the test's own mapping of all of it, and the part.
  assertEquals(writable.sort((a, b) => a[0] - b[0]), [[8192, 4096], [
    BYTES,
    0,
  ]]);
  // Another part takes its place.
  memory.writablePart(8192, 4096);
  assertEquals(part.byteLength, 0);
});

Deno.test("writable part: only whole pages of the object", () => {
  using libc = new Libc();
  using memory = SharedMemory.anonymous(libc, "test", BYTES);
  for (
    const [offset, bytes] of [
      [1, 4096],
      [0, 100],
      [0, 0],
      [-4096, 4096],
      [BYTES, 4096],
      [BYTES - 4096, 8192],
      [0, NaN],
    ]
  ) {
    assertThrows(() => memory.writablePart(offset, bytes), RangeError);
  }
  assertEquals(memory.writablePart(0, BYTES).byteLength, BYTES);
});

Deno.test("anonymous memory: zeroed, sealed, and gone when it is closed", async () => {
  using libc = new Libc();
  const before = openFiles().size;
  {
    using memory = SharedMemory.anonymous(libc, "test", BYTES);
    assertEquals([memory.bytes, memory.currentBytes()], [BYTES, BYTES]);
    assertEquals(new Uint8Array(memory.buffer).indexOf(1), -1);
    const { ftruncate, fcntl } = libc.symbols;
    for (const bytes of [0, BYTES - 4096, BYTES * 2]) {
      assertEquals(ftruncate(memory.fd, BigInt(bytes)), -1);
    }
    // F_SEAL_SEAL, SHRINK and GROW are set, so that nobody can seal it against
    // writing.
    assertEquals(fcntl(memory.fd, F_GET_SEALS, 0), 7);
  }
  // Deno itself may have something open for a moment.
  await until("it is closed", () => openFiles().size <= before);
});

Deno.test("eventfd: counts, and is empty once taken", () => {
  using libc = new Libc();
  using event = new EventFd(libc);
  assertEquals(event.take(), 0n);
  for (let i = 0; i < 3; i++) event.signal();
  assertEquals([event.take(), event.take()], [3n, 0n]);
});

Deno.test("poll of many: those that are ready, at once", async () => {
  using libc = new Libc();
  using a = new EventFd(libc);
  using b = new EventFd(libc);
  assertEquals(await pollAnyInThread(libc, [a.fd, b.fd], 0), []);
  const waiting = pollAnyInThread(libc, [a.fd, b.fd], 3_600_000);
  b.signal(); // otherwise the test never ends
  assertEquals(await waiting, [b.fd]);
  a.signal();
  assertEquals(await pollAnyInThread(libc, [a.fd, b.fd], 1e12), [a.fd, b.fd]);
});

Deno.test("a device is not replaced by a file", () => {
  using folder = new TempFolder();
  using libc = new Libc();
  const fifo = folder.at("fifo");
  new Deno.Command("mkfifo", { args: [fifo] }).outputSync();
  const bytes = new Uint8Array(5);
  for (const path of [fifo, folder.path]) {
    const error = assertThrows(
      () => replaceAndHold(libc, path, bytes, { begins: "" }),
      SyscallError,
    );
    assertEquals([error.code, error.subject], ["ENODEV", path]);
  }
  assert(Deno.statSync(fifo).isFifo);
  assertEquals(folder.names(), ["fifo"]);
});
