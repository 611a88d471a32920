// SPDX-License-Identifier: MIT
/**
 * A file that is about to be renamed or replaced. By now it may belong to
 * somebody else, such as a reader that writes its log there, or a guest.
 *
 * @module
 */
import { cString, type Libc } from "../../ffi/libc.ts";
import { holderOf, lockFile } from "../../ffi/lock.ts";
import {
  O_CLOEXEC,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../../ffi/open_flags.ts";
import { statFd, statPath } from "../../ffi/stat.ts";
import { processText } from "../console/users_and_processes.ts";
import { whyRing } from "./is_a_ring.ts";

const FLAGS = O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;

/**
 * Makes the error for a file that must be left as it is.
 *
 * @param why The reason, worded to follow the path.
 * @param todo What to do, besides giving another path; "" for nothing.
 */
export type Refused = (why: string, todo: string) => Error;

/** The file, locked as long as it is held. */
export class HeldFile implements Disposable {
  readonly #libc: Libc;
  readonly #path: string;
  readonly #refused: Refused;
  #fd = -1;

  /**
   * Locks the file if it is there, so that no reader begins to write to it.
   *
   * @throws {Error} made by `refused`, if the file must be left as it is:
   * another process has locked it, it is not a regular file, or it is a guest's
   * ring.
   */
  constructor(libc: Libc, path: string, refused: Refused) {
    this.#libc = libc;
    this.#path = path;
    this.#refused = refused;
    try {
      while (!this.#hold()) this[Symbol.dispose]();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Closes the file, which unlocks it. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#libc.symbols.close(this.#fd);
    this.#fd = -1;
  }

  /**
   * Locks the file that has the name now.
   *
   * @returns False if another file has taken the name meanwhile.
   */
  #hold(): boolean {
    const named = statPath(this.#libc, this.#path);
    if (named === null) return true;
    if (named.kind !== "file") {
      throw this.#refused(`is a ${named.kind}`, "move it away");
    }
    const ring = whyRing(this.#libc, this.#path);
    if (ring !== "") throw this.#refused(ring, "");
    this.#fd = this.#open();
    // A file that cannot be opened may be renamed all the same, because that
    // takes only the folder's permission.
    const holder = this.#fd < 0
      ? Math.max(0, holderOf(this.#libc, named.identity))
      : lockFile(this.#libc, this.#fd, this.#path);
    // If a file has two names, this process may have locked it by the other
    // one.
    if (holder !== 0 && holder !== Deno.pid) {
      const who = processText(this.#libc, holder);
      throw this.#refused(`${who} has locked it`, "end that one");
    }
    return this.#fd < 0 ||
      statFd(this.#libc, this.#fd, this.#path).identity === named.identity;
  }

  /**
   * Opens the file.
   *
   * @returns Its descriptor; -1 if this user may not open it at all.
   */
  #open(): number {
    const name = cString(this.#path);
    // Network file systems only lock what is open for writing.
    for (const access of [O_RDWR, O_WRONLY, O_RDONLY]) {
      const fd = this.#libc.symbols.open(name, FLAGS | access, 0);
      if (fd >= 0) return fd;
    }
    return -1;
  }
}
