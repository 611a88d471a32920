// SPDX-License-Identifier: MIT
/** Tests the ivshmem server with clients that are not QEMU. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { IvshmemServer, READER_ID } from "../../cli/regions/ivshmem_server.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { Libc } from "../../ffi/libc.ts";
import { openFiles } from "../support/fds.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const CONNECTS = 1000;
const MESSAGES = 5;

/** A server in a folder of its own, and what it has reported. */
class Served implements Disposable {
  readonly #stack = new DisposableStack();
  readonly notes: string[] = [];
  readonly path: string;
  readonly libc: Libc;
  readonly server: IvshmemServer;

  constructor() {
    const folder = this.#stack.use(new TempFolder());
    this.path = `${folder.path}/socket`;
    this.libc = this.#stack.use(new Libc());
    const name = new TextEncoder().encode("test\0");
    const memoryFd = this.libc.symbols.memfd_create(name, 0);
    this.#stack.defer(() => this.libc.symbols.close(memoryFd));
    this.server = this.#stack.use(this.another(memoryFd));
  }

  another(memoryFd: number): IvshmemServer {
    const note = (text: string) => this.notes.push(text);
    return new IvshmemServer(this.libc, { path: this.path, memoryFd, note });
  }

  async connect(): Promise<Deno.UnixConn> {
    const client = await Deno.connect({ transport: "unix", path: this.path });
    this.server.step();
    return client;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** Returns the numbers that a client gets; it ignores the descriptors. */
async function numbers(client: Deno.UnixConn): Promise<number[]> {
  const bytes = new Uint8Array(8 * MESSAGES);
  for (let filled = 0; filled < bytes.length;) {
    // Eight bytes are read at a time: a descriptor ends a read early, and Deno
    // then takes the socket for empty.
    const count = await client.read(bytes.subarray(filled, filled + 8));
    if (count === null) break;
    filled += count;
  }
  return [...new BigInt64Array(bytes.buffer)].map(Number);
}

Deno.test("a client gets version, id, memory and doorbells, in this order", async () => {
  using served = new Served();
  using client = await served.connect();
  assertEquals(await numbers(client), [0, 0, -1, 0, READER_ID]);
  assert(served.server.connected);
});

Deno.test("the socket is its user's only, and goes with the server", () => {
  let path: string;
  {
    using served = new Served();
    path = served.path;
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
  }
  assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
});

Deno.test("a second client is refused while the first is there", async () => {
  using served = new Served();
  const first = await served.connect();
  using second = await served.connect();
  const said = new BigInt64Array(1);
  await second.read(new Uint8Array(said.buffer));
  assertEquals(said[0], -1n, "no version that QEMU would take");
  assertEquals(await second.read(new Uint8Array(8)), null);
  assertMatch(
    served.notes[1],
    /process \d+ \(\S+\) is refused: process \d+ \(\S+\) is/,
  );
  first.close();
  await until("the first is gone", () => {
    served.server.step();
    return !served.server.connected;
  });
  using third = await served.connect();
  assertEquals(await numbers(third), [0, 0, -1, 0, READER_ID]);
});

Deno.test("a client that talks is not QEMU", async () => {
  using served = new Served();
  using client = await served.connect();
  await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  served.server.step();
  assert(!served.server.connected);
  assertMatch(served.notes[1], /which QEMU never does: disconnected/);
});

Deno.test("a client that is half open is let go", async () => {
  using served = new Served();
  using client = await served.connect();
  await client.closeWrite();
  served.server.step();
  assert(!served.server.connected);
});

Deno.test("a thousand clients of all kinds leave no descriptor behind", async () => {
  using served = new Served();
  const before = openFiles().size;
  for (let i = 0; i < CONNECTS; i++) {
    const client = await served.connect();
    if (i % 4 === 1) await client.write(new Uint8Array(100)).catch(() => 0);
    if (i % 4 === 2) await client.closeWrite().catch(() => {});
    if (i % 4 === 3) await numbers(client);
    client.close();
    served.server.step();
  }
  // Deno closes descriptors some time later, also those of an earlier test.
  await until(`no more than ${before} descriptors, none of a client`, () => {
    served.server.step();
    return !served.server.connected && openFiles().size <= before;
  });
});

Deno.test("somebody else's socket or file is left alone, a dead one is not", () => {
  using served = new Served();
  assertThrows(() => served.another(0), SyscallError, "is in use");
  const path = `${served.path}.file`;
  Deno.writeTextFileSync(path, "mine");
  const options = { path, memoryFd: 0, note: () => {} };
  assertThrows(
    () => new IvshmemServer(served.libc, options),
    SyscallError,
    "exists already",
  );
  assertEquals(Deno.readTextFileSync(path), "mine");
});

Deno.test("a socket that nobody listens on any more is replaced", () => {
  using served = new Served();
  const path = `${served.path}.dead`;
  const old = Deno.listen({ transport: "unix", path: `${path}.old` });
  Deno.linkSync(`${path}.old`, path);
  old.close(); // which removes the first name only
  const options = { path, memoryFd: 0, note: () => {} };
  using again = new IvshmemServer(served.libc, options);
  assert(!again.connected);
});
