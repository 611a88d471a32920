// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertThrows } from "@std/assert";
import { SyscallError } from "../../ffi/errors.ts";
import { cString, Libc } from "../../ffi/libc.ts";
import { Output } from "../../ffi/output.ts";
import { POLL, poll, pollInThread } from "../../ffi/poll.ts";
import { countSame, FdPair } from "../support/fds.ts";

const NEVER = new AbortController().signal;
const O_WRONLY = 1;
const O_NONBLOCK = 0o4000;
/** More than any pipe or socket buffer of a default system holds. */
const MUCH_BYTES = 4 << 20;

function pattern(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes).map((_, i) => (i * 31) ^ (i >> 8));
}

/** Reads and writes by turns, because this thread has both ends. */
async function drain(
  libc: Libc,
  pair: FdPair,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const all = new Uint8Array(bytes);
  let at = 0;
  while (at < bytes) {
    // Reading from an empty pipe would keep the writer from its turn.
    if (poll(libc, pair.from, POLL.IN, 0) !== 0) {
      const part = pair.read();
      all.set(part, at);
      at += part.length;
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return all;
}

/**
 * Writes everything, unless nobody reads, or nobody takes more once it has to
 * stop.
 */
async function write(
  output: Output,
  bytes: Uint8Array<ArrayBuffer>,
  stop: AbortSignal,
): Promise<"written" | "closed" | "stalled"> {
  for (let done = 0; done < bytes.length;) {
    const count = output.writeNow(bytes.subarray(done));
    if (count < 0) return "closed";
    if (count === 0 && stop.aborted) return "stalled";
    done += count;
    if (done < bytes.length) await output.ready();
  }
  return "written";
}

for (const kind of ["pipe", "socket"] as const) {
  Deno.test(`${kind}: much more than it holds arrives whole`, async () => {
    using libc = new Libc();
    using pair = new FdPair(kind);
    using output = new Output(libc, pair.to, kind);
    const sent = pattern(MUCH_BYTES);
    const writing = write(output, sent, NEVER);
    const received = await drain(libc, pair, MUCH_BYTES);
    assertEquals(await writing, "written");
    assert(received.every((byte, i) => byte === sent[i]));
  });

  Deno.test(`${kind}: timers go on while nobody reads`, async () => {
    using libc = new Libc();
    using pair = new FdPair(kind);
    using output = new Output(libc, pair.to, kind);
    const stop = new AbortController();
    // The write ends only if this timer fires while it is under way.
    const timer = setTimeout(() => stop.abort(), 20);
    const result = await write(output, pattern(MUCH_BYTES), stop.signal);
    clearTimeout(timer);
    assertEquals(result, "stalled");
    assertEquals(output.ended, false);
  });

  Deno.test(`${kind}: its reader's end is a result`, async () => {
    using libc = new Libc();
    using pair = new FdPair(kind);
    using output = new Output(libc, pair.to, kind);
    assertEquals(output.writeNow(pattern(1)), 1);
    assertEquals(output.ended, false);
    pair.close(pair.from);
    assertEquals(await write(output, pattern(10), NEVER), "closed");
    assertEquals(output.ended, true);
    assertEquals(output.writeNow(pattern(1)), -1);
  });

  Deno.test(`${kind}: the given description keeps its flags`, async () => {
    using libc = new Libc();
    using pair = new FdPair(kind);
    using output = new Output(libc, pair.to, kind);
    await write(output, pattern(100), NEVER);
    assertEquals(pair.flags(pair.to) & O_NONBLOCK, 0);
  });
}

Deno.test("a pipe tells that its reader is gone before anything is written", () => {
  using libc = new Libc();
  using pair = new FdPair("pipe");
  using output = new Output(libc, pair.to, "pipe");
  assertEquals(output.ended, false);
  pair.close(pair.from);
  assertEquals(output.ended, true);
});

Deno.test("a pipe without a reader from the start", async () => {
  using libc = new Libc();
  using pair = new FdPair("pipe");
  pair.close(pair.from);
  using output = new Output(libc, pair.to, "pipe");
  assertEquals(await write(output, pattern(10), NEVER), "closed");
});

Deno.test("closing gives back what was opened, once", () => {
  using libc = new Libc();
  using pair = new FdPair("pipe");
  assertEquals(countSame(pair.to), 2);
  const output = new Output(libc, pair.to, "pipe");
  assertEquals(countSame(pair.to), 3);
  pair.close(pair.from);
  assertEquals(output.writeNow(pattern(1)), -1);
  output.close();
  output.close();
  assertEquals(countSame(pair.to), 1);
});

Deno.test("a file takes everything", async () => {
  using libc = new Libc();
  const path = Deno.makeTempFileSync();
  try {
    const fd = libc.symbols.open(cString(path), O_WRONLY, 0);
    using output = new Output(libc, fd, path);
    assertEquals(await write(output, pattern(MUCH_BYTES), NEVER), "written");
    assertEquals(output.ended, false);
    libc.symbols.close(fd);
    assertEquals(Deno.statSync(path).size, MUCH_BYTES);
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("a full device is an error that names it", () => {
  using libc = new Libc();
  const fd = libc.symbols.open(cString("/dev/full"), O_WRONLY, 0);
  using output = new Output(libc, fd, "the full device");
  assertThrows(
    () => output.writeNow(pattern(10)),
    SyscallError,
    "the full device: no space left on device",
  );
  libc.symbols.close(fd);
});

Deno.test("a descriptor that is not open is an error", () => {
  using libc = new Libc();
  const error = assertThrows(() => new Output(libc, 9999, "x"), SyscallError);
  assertEquals(error.code, "EBADF");
});

Deno.test("poll sees what is ready, in both ways", async () => {
  using libc = new Libc();
  using pair = new FdPair("pipe");
  assertEquals(poll(libc, pair.from, POLL.IN, 0), 0);
  assertEquals(await pollInThread(libc, pair.from, POLL.IN, 1), 0);
  using output = new Output(libc, pair.to, "pipe");
  output.writeNow(pattern(1));
  assertEquals(poll(libc, pair.from, POLL.IN, 0), POLL.IN);
  assertEquals(await pollInThread(libc, pair.from, POLL.IN, 1000), POLL.IN);
  assertEquals(poll(libc, pair.to, POLL.OUT, 0), POLL.OUT);
});
