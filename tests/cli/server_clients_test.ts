// SPDX-License-Identifier: MIT
// Tests --server with clients that are too many, too talkative, or too
// frequent.
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { limitFiles, openFiles } from "../support/fds.ts";
import { IvshmemClient } from "../support/ivshmem_client.ts";
import { Program } from "../support/reader_program.ts";
import { awake, exchange, Served } from "../support/served_reader.ts";
import { until } from "../support/temp_folder.ts";

/** Makes a server that lacks one line of its source. */
function changedServer(find: string, replace: string): ChangedReader {
  return new ChangedReader({
    "cli/regions/ivshmem_server.ts": [{ find, replace }],
  });
}

/** Starts a reader from these changed sources as the server. */
function servedBy(changed: ChangedReader): Served {
  return new Served(undefined, (args) => new Program(changed.command(args)));
}

Deno.test("control: without the refusal a second client gets the memory, too", async () => {
  using changed = changedServer(
    "if (this.#guest !== null) {\n      const",
    "if (this.#guest === undefined) {\n      const",
  );
  await using served = servedBy(changed);
  using _guest = await served.guest();
  using second = await IvshmemClient.connect(served.path);
  assertEquals(second.buffer.byteLength, 1 << 20);
});

/** Waits until the reader has opened all that it opens by itself. */
async function begun({ reader }: Served): Promise<void> {
  await reader.stderr.until("waiting: no guest has formatted");
}

for (const left of [0, 1]) {
  Deno.test(`server: with ${left} files to open a client is refused, and another is not`, async () => {
    await using served = new Served();
    await begun(served);
    limitFiles(served.reader.pid, left);
    await assertRejects(() => IvshmemClient.connect(served.path));
    await served.reader.stderr.until("is refused: ");
    assertStringIncludes(served.reader.stderr.all.at(-1)!, "too many open");
    limitFiles(served.reader.pid, 100);
    using guest = await served.guest();
    await exchange(served, guest, "hello");
  });

  Deno.test(`control: with ${left} files to open that would be the end`, async () => {
    using changed = changedServer(
      "error.errno === ERRNO.EMFILE || error.errno === ERRNO.ENFILE",
      "error.errno === ERRNO.ENFILE",
    );
    await using served = servedBy(changed);
    await begun(served);
    limitFiles(served.reader.pid, left);
    await assertRejects(() => IvshmemClient.connect(served.path));
    assertEquals(await served.reader.ended(), 1);
  });
}

Deno.test("server: who talks is no QEMU, and keeps nobody out", async () => {
  await using served = new Served();
  await served.listens();
  using talker = await Deno.connect({ transport: "unix", path: served.path });
  await talker.write(new Uint8Array(100));
  await served.reader.stderr.until("sent something, which QEMU never does");
  using guest = await served.guest();
  await exchange(served, guest, "hello");
});

Deno.test("control: without the look at what it says, it does", async () => {
  using changed = changedServer(
    'if (state === "quiet") return;',
    'if (state !== "gone") return;',
  );
  await using served = servedBy(changed);
  await served.listens();
  using talker = await Deno.connect({ transport: "unix", path: served.path });
  await talker.write(new Uint8Array(100));
  await served.reader.stderr.until("has connected");
  await assertRejects(() => IvshmemClient.connect(served.path));
});

/** Tries to shrink the memory that a client gets; tells whether it can. */
function shrinks(client: IvshmemClient): boolean {
  const libc = Deno.dlopen("libc.so.6", {
    ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  });
  try {
    return libc.symbols.ftruncate(client.memoryFd, 0n) === 0;
  } finally {
    libc.close();
  }
}

Deno.test("server: a client cannot shorten the memory", async () => {
  await using served = new Served();
  await served.listens();
  using client = await IvshmemClient.connect(served.path);
  assertEquals(client.buffer.byteLength, 1 << 20);
  assert(!shrinks(client));
});

Deno.test("control: without the seal it can", async () => {
  using changed = new ChangedReader({
    "ffi/memfd.ts": [{
      find: "F_SEAL_SHRINK | F_SEAL_GROW",
      replace: "F_SEAL_GROW",
    }],
  });
  await using served = servedBy(changed);
  await served.listens();
  using client = await IvshmemClient.connect(served.path);
  assert(shrinks(client));
});

Deno.test("server: clients that come and go leave no descriptor behind", async () => {
  await using served = new Served(["-m", "1", "-q"]);
  using guest = await served.guest();
  await awake(served, guest);
  guest[Symbol.dispose]();
  const count = () => openFiles(served.reader.pid).size;
  {
    using again = await served.guest();
    await awake(served, again);
  }
  const before = count();
  for (let i = 0; i < 50; i++) {
    using again = await served.guest();
    await exchange(served, again, `${i}`);
  }
  using last = await served.guest();
  await awake(served, last);
  // One client is connected, with its socket and its interrupt.
  await until(`no more than ${before} and two`, () => count() <= before + 2);
});
