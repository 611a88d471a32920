// SPDX-License-Identifier: MIT
/**
 * The virtual machines that this process serves with memory and doorbells: each
 * has a socket and a region of its own.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { statPath } from "../../ffi/stat.ts";
import { directoryOf } from "../../ffi/fsync.ts";
import { CommandError } from "../errors.ts";
import { explained } from "../console/explain.ts";
import { IvshmemServer } from "./ivshmem_server.ts";
import type { Messages } from "../console/messages.ts";
import { Alarm, type AlarmRules } from "./alarm.ts";
import type { ObjectRules } from "./objects.ts";
import type { Watched } from "./sleep_until_ready.ts";
import { openMemory } from "./attach_region.ts";

/** What is served at one socket. */
export interface ServedTarget {
  /** The socket's path. */
  readonly path: string;
  /** The object's name, or the socket's path if the memory has no name. */
  readonly name: string;
  /** Whether `name` is an object's. */
  readonly isObject: boolean;
}

/** What is served, and when its guests wake the reader. */
export interface ServeRules {
  readonly targets: readonly ServedTarget[];
  readonly alarm: AlarmRules;
}

/** How to serve. */
export interface ServersOptions extends ServeRules {
  readonly rules: ObjectRules;
  readonly messages: Messages;
}

/** What only a region that is served has; the servers close it. */
export interface Service {
  readonly memory: SharedMemory;
  readonly alarm: Alarm;
}

interface Served extends Service {
  readonly server: IvshmemServer;
}

/** The servers of one command. */
export class Servers implements Watched, Disposable {
  readonly #stack: DisposableStack;
  readonly #served = new Map<string, Served>();

  /**
   * Makes or opens the memory, and listens.
   *
   * @throws {CommandError} naming the object or the socket and what to do.
   */
  constructor(libc: Libc, options: ServersOptions) {
    using stack = new DisposableStack();
    for (const { path } of options.targets) checkPlace(libc, path);
    for (const target of options.targets) {
      const memory = stack.use(memoryOf(libc, target, options));
      const server = stack.use(listen(libc, target.path, memory, options));
      const alarm = new Alarm(server, options.alarm);
      this.#served.set(target.name, { memory, server, alarm });
    }
    this.#stack = stack.move();
  }

  /** Returns a region's memory and alarm; undefined if it is not served. */
  of(name: string): Service | undefined {
    const served = this.#served.get(name);
    return served && { memory: served.memory, alarm: served.alarm };
  }

  /** Implements `Watched.fds`. */
  get fds(): number[] {
    return [...this.#served.values()].flatMap(({ server, alarm }) =>
      alarm.listens ? [...server.fds, server.bell.fd] : server.fds
    );
  }

  /** Implements `Watched.step`. @throws what `IvshmemServer.step` throws. */
  step(): void {
    for (const { server, alarm } of this.#served.values()) {
      server.step();
      if (alarm.listens && server.bell.take() > 0n) alarm.ring();
    }
  }

  /** Ends them all. Idempotent. */
  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/**
 * Checks that a socket can be made. Otherwise an object would be made first,
 * and be left behind.
 *
 * @throws {CommandError} naming the path and what to do.
 */
function checkPlace(libc: Libc, path: string): void {
  const folder = directoryOf(path);
  const { EEXIST, ENOENT, ENOTDIR } = ERRNO;
  try {
    const kind = statPath(libc, path)?.kind ?? "socket";
    if (kind !== "socket") throw new SyscallError("bind", EEXIST, path);
    if (statPath(libc, `${folder}/.`) !== null) return;
    const isThere = statPath(libc, folder) !== null;
    throw new SyscallError("bind", isThere ? ENOTDIR : ENOENT, path);
  } catch (error) {
    throw explained(error, "--server");
  }
}

function memoryOf(
  libc: Libc,
  { path, name, isObject }: ServedTarget,
  { rules, messages }: ServersOptions,
): SharedMemory {
  if (!isObject) {
    return SharedMemory.anonymous(libc, `ivring:${path}`, rules.leastBytes);
  }
  const found = openMemory(libc, { name, rules, writable: true });
  if (found === null) {
    throw new CommandError(
      `no shared memory object ${name}: give -m, --size SIZE to have it made`,
    );
  }
  const { memory, warning } = found;
  const bytes = memory.currentBytes();
  // Refused, because QEMU aborts if a device has such a size.
  if (!Number.isInteger(Math.log2(bytes))) {
    memory.close();
    throw new CommandError(`has ${bytes} bytes`, {
      subject: name,
      todo: "a device's memory has a power of two",
    });
  }
  if (warning !== null) messages.noteOnce(`${name} ${warning}`);
  return memory;
}

function listen(
  libc: Libc,
  path: string,
  memory: SharedMemory,
  { rules, messages }: ServersOptions,
): IvshmemServer {
  const note = (text: string) => messages.note(text);
  const options = { path, memoryFd: memory.fd, uid: rules.peer, note };
  try {
    return new IvshmemServer(libc, options);
  } catch (error) {
    throw explained(error, "--server");
  }
}
