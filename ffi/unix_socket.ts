// SPDX-License-Identifier: MIT
/**
 * A listening Unix socket, and the connections to it, over which descriptors
 * can be sent. Nothing here blocks. Source: unix(7), cmsg(3), sendmsg(2).
 *
 * @module
 */
import { Descriptor } from "./descriptor.ts";
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { statPath } from "./stat.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/**
 * Missing in `errno.ts`, because a test compares that with Node, which lacks
 * it.
 */
const ETOOMANYREFS = 109;
const MODE = 0o600;
const BACKLOG = 16;
/** The id by which lchown(2) leaves an owner or group as it is. */
const UNCHANGED = 0xffffffff;
/** sun_path of struct sockaddr_un. */
const PATH_BYTES = 108;
/** The offsets of fields in struct msghdr, on 64-bit machines. */
const MSGHDR = { size: 56, iov: 16, iovlen: 24, control: 32, controllen: 40 };
/**
 * The same for struct cmsghdr with one int after it; CMSG_SPACE rounds to 8.
 */
const CMSG = { size: 24, len: 0, level: 8, type: 12, data: 16, used: 20 };

/**
 * Checks that a socket can have this path.
 *
 * @throws {RangeError} if it is too long, or holds a NUL.
 */
export function checkSocketPath(path: string): void {
  address(path);
}

function address(path: string): Uint8Array<ArrayBuffer> {
  const bytes = cString(path);
  if (bytes.length > PATH_BYTES) {
    throw new RangeError(
      `a socket's path has at most ${PATH_BYTES - 1} bytes: ${path}`,
    );
  }
  const sockaddr = new Uint8Array(2 + bytes.length);
  new Uint16Array(sockaddr.buffer, 0, 1)[0] = AF_UNIX;
  sockaddr.set(bytes, 2);
  return sockaddr;
}

function newSocket(libc: Libc): number {
  const type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return libc.check("socket", "socket", libc.symbols.socket(AF_UNIX, type, 0));
}

/** Tells whether a process listens at a path. */
function answers(libc: Libc, sockaddr: Uint8Array<ArrayBuffer>): boolean {
  const fd = newSocket(libc);
  try {
    // EAGAIN: a process listens, and its queue is full.
    return libc.symbols.connect(fd, sockaddr, sockaddr.length) === 0 ||
      libc.errno() === ERRNO.EAGAIN;
  } finally {
    libc.symbols.close(fd);
  }
}

/** A listening socket, to which only its owner may connect (mode 0600). */
export class UnixListener implements Disposable {
  /** The descriptor, which can be polled for reading. */
  readonly fd: number;
  readonly #libc: Libc;
  readonly #path: string;
  readonly #identity: string;
  #closed = false;

  /**
   * @param path Where to listen. A socket that nothing listens on is replaced.
   * @param uid Id of the socket's owner; this process's own user if not given.
   * @throws {RangeError} if the path is too long.
   * @throws {SyscallError} such as EADDRINUSE if another process listens there,
   * EEXIST if something else is there.
   */
  constructor(libc: Libc, path: string, uid?: number) {
    this.#libc = libc;
    this.#path = path;
    const { symbols } = libc;
    const sockaddr = address(path);
    const kind = statPath(libc, path)?.kind;
    if (kind === "socket") {
      if (answers(libc, sockaddr)) {
        throw new SyscallError("bind", ERRNO.EADDRINUSE, path);
      }
      libc.check("unlink", path, symbols.unlink(cString(path)));
    } else if (kind !== undefined) {
      throw new SyscallError("bind", ERRNO.EEXIST, path);
    }
    this.fd = newSocket(libc);
    try {
      // Before the socket has a name, so that it is never open to others.
      libc.check("fchmod", path, symbols.fchmod(this.fd, MODE));
      const bound = symbols.bind(this.fd, sockaddr, sockaddr.length);
      libc.check("bind", path, bound);
      this.#identity = statPath(libc, path)?.identity ?? "";
      if (uid !== undefined) {
        const owned = symbols.lchown(cString(path), uid, UNCHANGED);
        libc.check("lchown", path, owned);
      }
      libc.check("listen", path, symbols.listen(this.fd, BACKLOG));
    } catch (error) {
      symbols.close(this.fd);
      throw error;
    }
  }

  /**
   * Accepts a connection.
   *
   * @returns Null if none is waiting, or if it has gone again.
   * @throws {SyscallError} such as EMFILE.
   */
  accept(): UnixPeer | null {
    const flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    const fd = this.#libc.symbols.accept4(this.fd, null, null, flags);
    if (fd >= 0) return new UnixPeer(this.#libc, fd);
    const errno = this.#libc.errno();
    const nobody = [ERRNO.EAGAIN, ERRNO.EINTR, ERRNO.ECONNABORTED] as number[];
    if (nobody.includes(errno)) return null;
    throw new SyscallError("accept4", errno, this.#path);
  }

  /**
   * Stops listening, and removes the name if it still is its own. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { symbols } = this.#libc;
    if (statPath(this.#libc, this.#path)?.identity === this.#identity) {
      symbols.unlink(cString(this.#path));
    }
    symbols.close(this.fd);
  }

  /** Calls {@linkcode UnixListener.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The result of sending something. */
export type Sent = "sent" | "full" | "gone";

/** The other end of a connection. */
export class UnixPeer extends Descriptor {
  readonly #libc: Libc;

  /** @param fd A connected socket, which this object closes from then on. */
  constructor(libc: Libc, fd: number) {
    super(libc, fd);
    this.#libc = libc;
  }

  /** Id of the process that has connected; 0 if it is unknown. */
  get pid(): number {
    const ucred = new Int32Array(3);
    const length = new Uint32Array([ucred.byteLength]);
    const result = this.#libc.symbols.getsockopt(
      this.fd,
      SOL_SOCKET,
      SO_PEERCRED,
      ucred,
      length,
    );
    return result === 0 ? ucred[0] : 0;
  }

  /**
   * Sends a few bytes in one piece, and a descriptor with them.
   *
   * @param fd The descriptor; the other end gets a copy of it.
   * @returns "full" if the other end reads nothing; then nothing was sent.
   * @throws {SyscallError} if this end is at fault.
   */
  send(bytes: Uint8Array<ArrayBuffer>, fd: number | null): Sent {
    const iov = new BigUint64Array(2);
    iov[0] = addressOf(bytes);
    iov[1] = BigInt(bytes.length);
    const control = fd === null ? null : rights(fd);
    const message = new DataView(new ArrayBuffer(MSGHDR.size));
    message.setBigUint64(MSGHDR.iov, addressOf(iov), true);
    message.setBigUint64(MSGHDR.iovlen, 1n, true);
    if (control !== null) {
      message.setBigUint64(MSGHDR.control, addressOf(control), true);
      message.setBigUint64(MSGHDR.controllen, BigInt(CMSG.size), true);
    }
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const { symbols } = this.#libc;
    const buffer = new Uint8Array(message.buffer);
    const count = symbols.sendmsg(this.fd, buffer, flags);
    if (count === bytes.length) return "sent";
    if (count >= 0) return "gone"; // sent in part, so the rest makes no sense
    const errno = this.#libc.errno();
    if (errno === ERRNO.EAGAIN || errno === ETOOMANYREFS) return "full";
    if (errno === ERRNO.EPIPE || errno === ERRNO.ECONNRESET) return "gone";
    throw new SyscallError("sendmsg", errno, "socket");
  }

  /**
   * Looks whether the other end has sent something, and discards it.
   *
   * @returns "gone" if it has hung up.
   */
  look(): "quiet" | "talks" | "gone" {
    const scratch = new Uint8Array(64);
    const { symbols } = this.#libc;
    const count = symbols.recv(this.fd, scratch, scratch.length, MSG_DONTWAIT);
    if (count > 0) return "talks";
    if (count === 0) return "gone";
    const errno = this.#libc.errno();
    return errno === ERRNO.EAGAIN || errno === ERRNO.EINTR ? "quiet" : "gone";
  }
}

/**
 * Returns an array's address: valid while it is referred to, until an await.
 */
function addressOf(
  array: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>,
): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(array));
}

/** Makes a control message that sends one descriptor. */
function rights(fd: number): Uint8Array<ArrayBuffer> {
  const control = new DataView(new ArrayBuffer(CMSG.size));
  control.setBigUint64(CMSG.len, BigInt(CMSG.used), true);
  control.setInt32(CMSG.level, SOL_SOCKET, true);
  control.setInt32(CMSG.type, SCM_RIGHTS, true);
  control.setInt32(CMSG.data, fd, true);
  return new Uint8Array(control.buffer);
}
