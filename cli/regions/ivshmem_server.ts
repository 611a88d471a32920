// SPDX-License-Identifier: MIT
/**
 * The ivshmem server's side of its protocol, for one virtual machine: hands
 * QEMU the shared memory and the doorbells. Source: QEMU,
 * docs/specs/ivshmem-spec.rst, "Interrupts and the server".
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { EventFd } from "../../ffi/eventfd.ts";
import type { Libc } from "../../ffi/libc.ts";
import { UnixListener, type UnixPeer } from "../../ffi/unix_socket.ts";
import { processText } from "../console/users_and_processes.ts";

const PROTOCOL_VERSION = 0;
/**
 * Sent in the place of the version, to refuse a client: QEMU reports that it
 * expected another version, and ends. If the connection is just closed, QEMU
 * 7.2 reads its end for ever.
 */
const REFUSED = -1;
/** Sent in the place of an id, together with the shared memory. */
const MEMORY = -1;
/** The guest's id: in a live migration, the master has to have this one. */
const GUEST_ID = 0;

/** The reader's id among the peers, above any that a guest might be given. */
export const READER_ID = 255;
/** The reader's only interrupt vector. */
export const READER_VECTOR = 0;

/** What to serve. */
export interface ServerOptions {
  /** The path of the socket that QEMU connects to. */
  readonly path: string;
  /** A descriptor of the shared memory, which the caller closes. */
  readonly memoryFd: number;
  /** Id of the user who may connect; this process's own if not given. */
  readonly uid?: number;
  /** Reports what a client did wrong, and that one has come or gone. */
  readonly note: (text: string) => void;
}

interface Guest {
  readonly peer: UnixPeer;
  /** Interrupts the guest. */
  readonly interrupt: EventFd;
}

/**
 * Serves one virtual machine at a time; another one is refused while it is
 * connected. A guest that is connected keeps its doorbell when the server ends.
 */
export class IvshmemServer implements Disposable {
  /** The counter that the guest's doorbell adds to. */
  readonly bell: EventFd;
  readonly #libc: Libc;
  readonly #listener: UnixListener;
  readonly #options: ServerOptions;
  #guest: Guest | null = null;
  /**
   * A spare descriptor, which is closed if this process may open no more files:
   * a client that waits can then be refused. Otherwise it would wait for ever,
   * and poll would never sleep.
   */
  #spare: EventFd;
  #closed = false;

  /**
   * Starts to listen.
   *
   * @throws What `UnixListener` throws.
   */
  constructor(libc: Libc, options: ServerOptions) {
    this.#libc = libc;
    this.#options = options;
    using stack = new DisposableStack();
    this.bell = stack.use(new EventFd(libc));
    this.#spare = stack.use(new EventFd(libc));
    this.#listener = new UnixListener(libc, options.path, options.uid);
    stack.move();
  }

  /** Whether a virtual machine is connected. */
  get connected(): boolean {
    return this.#guest !== null;
  }

  /** What the guest has to write to its device's doorbell register. */
  get doorbell(): number {
    return READER_ID << 16 | READER_VECTOR;
  }

  /** Descriptors to poll for `step`, besides the bell's. */
  get fds(): readonly number[] {
    const own = [this.#listener.fd];
    return this.#guest === null ? own : [...own, this.#guest.peer.fd];
  }

  /**
   * Accepts clients and notices those that have gone, without waiting.
   *
   * @throws {SyscallError} if this process is at fault, and no client.
   */
  step(): void {
    this.#look();
    try {
      for (
        let peer = this.#listener.accept();
        peer !== null;
        peer = this.#listener.accept()
      ) {
        this.#look(); // the guest before it may have gone just now
        this.#admit(peer);
      }
    } catch (error) {
      if (!isOutOfFiles(error)) throw error;
      this.#turnAway(error);
    }
  }

  /** Stops serving; a connected guest keeps what it has. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dismiss();
    this.bell.close();
    this.#spare.close();
    this.#listener.close();
  }

  /** Calls {@linkcode IvshmemServer.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Drops a client that has gone, or has sent anything, as QEMU never does. */
  #look(): void {
    if (this.#guest === null) return;
    const state = this.#guest.peer.look();
    if (state === "quiet") return;
    const { path, note } = this.#options;
    note(
      state === "gone"
        ? `${path}: the virtual machine has disconnected`
        : `${path}: ${this.#who(this.#guest.peer)} sent something, which ` +
          `QEMU never does: disconnected`,
    );
    this.#dismiss();
  }

  #dismiss(): void {
    this.#guest?.peer.close();
    this.#guest?.interrupt.close();
    this.#guest = null;
  }

  #admit(peer: UnixPeer): void {
    const { path, note } = this.#options;
    if (this.#guest !== null) {
      const who = this.#who(this.#guest.peer);
      return this.#refuse(peer, `${who} is connected`);
    }
    let interrupt: EventFd | null = null;
    try {
      interrupt = new EventFd(this.#libc);
      if (this.#introduce(peer, interrupt)) {
        this.#guest = { peer, interrupt };
        note(`${path}: ${this.#who(peer)} has connected`);
        return;
      }
    } catch (error) {
      interrupt?.close();
      if (isOutOfFiles(error)) return this.#refuse(peer, error.reason);
      peer.close();
      throw error;
    }
    interrupt.close();
    peer.close();
  }

  /** Refuses the first client that waits. @param why No file can be opened. */
  #turnAway(why: SyscallError): void {
    this.#spare.close();
    const peer = this.#listener.accept();
    if (peer !== null) this.#refuse(peer, why.reason);
    this.#spare = new EventFd(this.#libc);
  }

  #refuse(peer: UnixPeer, why: string): void {
    const { path, note } = this.#options;
    note(`${path}: ${this.#who(peer)} is refused: ${why}`);
    send(peer, REFUSED, null);
    peer.close();
  }

  /** Names a peer's process. */
  #who({ pid }: UnixPeer): string {
    return processText(this.#libc, pid);
  }

  /** Sends what a new client needs. @returns False if it takes nothing. */
  #introduce(peer: UnixPeer, interrupt: EventFd): boolean {
    return send(peer, PROTOCOL_VERSION, null) &&
      send(peer, GUEST_ID, null) &&
      send(peer, MEMORY, this.#options.memoryFd) &&
      send(peer, GUEST_ID, interrupt.fd) &&
      // Last, because a master in a live migration has to find itself alone.
      send(peer, READER_ID, this.bell.fd);
  }
}

function isOutOfFiles(error: unknown): error is SyscallError {
  return error instanceof SyscallError &&
    (error.errno === ERRNO.EMFILE || error.errno === ERRNO.ENFILE);
}

/** Sends one message of the protocol. @returns False if it was not taken. */
function send(peer: UnixPeer, number: number, fd: number | null): boolean {
  const message = new BigInt64Array([BigInt(number)]);
  return peer.send(new Uint8Array(message.buffer), fd) === "sent";
}
