// SPDX-License-Identifier: MIT
/**
 * The client of an ivshmem server, like QEMU: it takes what the server sends,
 * and its guest rings the doorbell.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { Mapping } from "../../ffi/mapping.ts";

const SYMBOLS = {
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  fstat: { parameters: ["i32", "buffer"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  recvmsg: {
    parameters: ["i32", "buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
} as const;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SEEK_END = 2;
/**
 * Offsets in struct msghdr and struct cmsghdr with one descriptor, on 64-bit
 * machines.
 */
const MSGHDR = { size: 56, iov: 16, iovlen: 24, control: 32, controllen: 40 };
const CMSG = { size: 24, data: 16 };
/**
 * How many messages come: version, own id, memory, own interrupt, the reader's
 * interrupt.
 */
const MESSAGES = 5;

/** One message of the server. */
interface Message {
  readonly number: number;
  /** The descriptor; -1 if none came with the message. */
  readonly fd: number;
}

/** A connected client. */
export class IvshmemClient implements Disposable {
  readonly #libc = new Libc();
  readonly #library = Deno.dlopen("libc.so.6", SYMBOLS);
  readonly #socket: number;
  readonly #fds: number[] = [];
  #memory: Mapping | null = null;
  /** The numbers that came, in order. */
  readonly numbers: number[] = [];

  private constructor(path: string) {
    const { socket, connect } = this.#library.symbols;
    this.#socket = socket(AF_UNIX, SOCK_STREAM, 0);
    this.#fds.push(this.#socket);
    const name = new TextEncoder().encode(path + "\0");
    const address = new Uint8Array(2 + name.length);
    address[0] = AF_UNIX;
    address.set(name, 2);
    if (connect(this.#socket, address, address.length) !== 0) {
      this[Symbol.dispose]();
      throw new Error(`nobody listens at ${path}`);
    }
  }

  /** Connects, and receives what the server sends. */
  static async connect(path: string): Promise<IvshmemClient> {
    using stack = new DisposableStack();
    const client = stack.use(new IvshmemClient(path));
    for (let i = 0; i < MESSAGES; i++) {
      const { number, fd } = await client.#receive();
      client.numbers.push(number);
      if (number === -1) client.#map(fd);
    }
    stack.move();
    return client;
  }

  /** The shared memory. */
  get buffer(): ArrayBuffer {
    return this.#memory!.buffer;
  }

  /** The descriptor of the shared memory. */
  get memoryFd(): number {
    return this.#fds[1];
  }

  /**
   * Does what the device's doorbell register does.
   *
   * @param value peer << 16.
   */
  ring(value: number): void {
    const peer = value >>> 16;
    // The socket and the memory stand before the eventfds, of which our own is
    // first.
    const at = this.numbers.lastIndexOf(peer);
    if (at < 4) return; // nobody has this id, so the device does nothing
    const one = new Uint8Array(new BigUint64Array([1n]).buffer);
    this.#libc.symbols.write(this.#fds[at - 1], one, one.length);
  }

  /**
   * Disconnects, as QEMU does when it ends or is killed. May be called twice.
   */
  [Symbol.dispose](): void {
    this.#memory?.close();
    for (const fd of this.#fds.splice(0)) this.#libc.symbols.close(fd);
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.close();
    this.#library.close();
  }

  #closed = false;

  async #receive(): Promise<Message> {
    const data = new BigInt64Array(1);
    const control = new DataView(new ArrayBuffer(CMSG.size));
    const iov = new BigUint64Array([addressOf(data), 8n]);
    const message = new DataView(new ArrayBuffer(MSGHDR.size));
    message.setBigUint64(MSGHDR.iov, addressOf(iov), true);
    message.setBigUint64(MSGHDR.iovlen, 1n, true);
    message.setBigUint64(MSGHDR.control, addressOf(control), true);
    message.setBigUint64(MSGHDR.controllen, BigInt(CMSG.size), true);
    const { recvmsg } = this.#library.symbols;
    const bytes = new Uint8Array(message.buffer);
    const count = await recvmsg(this.#socket, bytes, 0);
    if (count !== 8) throw new Error(`the server sent ${count} bytes, not 8`);
    const has = message.getBigUint64(MSGHDR.controllen, true) > 0n;
    const fd = has ? control.getInt32(CMSG.data, true) : -1;
    if (fd >= 0) this.#fds.push(fd);
    // Using the buffer after the await keeps it from being collected before.
    return { number: Number(data[0]) + 0 * iov.length, fd };
  }

  #map(fd: number): void {
    const { lseek } = this.#library.symbols;
    const bytes = Number(lseek(fd, 0n, SEEK_END));
    const what = { fd, offset: 0, bytes, writable: true, name: "memory" };
    this.#memory = new Mapping(this.#libc, what);
  }
}

function addressOf(
  array:
    | BigInt64Array<ArrayBuffer>
    | BigUint64Array<ArrayBuffer>
    | DataView<
      ArrayBuffer
    >,
): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(array));
}
