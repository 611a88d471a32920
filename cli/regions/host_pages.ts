// SPDX-License-Identifier: MIT
/**
 * The pages of a region that the host writes to. They are found by the
 * validated header, mapped for writing, and claimed by a lock, so that no two
 * processes write the same.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { SharedMemory } from "../../ffi/shm.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { HostPage } from "../../ring/host_page.ts";
import { ABI, HOST, REGION_HEADER } from "../../ring/layout.ts";
import { SharedWords } from "../../ring/shared_words.ts";
import { CommandError } from "../errors.ts";
import { processText } from "../console/users_and_processes.ts";

/** What a process does with them; only one process can have each role. */
export type Role = "rung" | "consumer";

/** For each role, the byte of the pages that is locked to claim it. */
const CLAIMS: Readonly<Record<Role, number>> = {
  rung: HOST.armed,
  consumer: HOST.sessionId,
};

const TAKEN: Readonly<Record<Role, string>> = {
  rung: "has itself rung for already: end that one, or read without --server",
  consumer: "consumes it already: only one can; without --lossless any " +
    "number may look on",
};

/** The host pages of one mapped object. */
export class HostPages {
  readonly #libc: Libc;
  readonly #memory: SharedMemory;
  readonly #words: SharedWords;
  readonly #roles = new Set<Role>();
  #place = "";
  #page: HostPage | null = null;

  /** @param memory Opened for writing; the caller closes it. */
  constructor(libc: Libc, memory: SharedMemory) {
    this.#libc = libc;
    this.#memory = memory;
    this.#words = new SharedWords(memory.buffer);
  }

  /**
   * Claims the pages of a region for a role. They have to be written to at
   * once, because the guest may rewrite its header at any time.
   *
   * @param info The header that was validated last.
   * @param role What they are claimed for.
   * @returns The pages; null if the guest is rewriting, or has rewritten, the
   * header, because they may be elsewhere now.
   * @throws {CommandError} naming the process that has this role.
   */
  claim(info: RegionInfo, role: Role): HostPage | null {
    if (!this.#holds(info)) return null;
    const { hostOffset, hostBytes, rings } = info;
    const place = [hostOffset, hostBytes, rings.length].join(":");
    if (place !== this.#place) {
      const buffer = this.#memory.writablePart(hostOffset, hostBytes);
      this.#page = new HostPage(buffer, rings.length);
      this.#roles.clear(); // the bytes to lock are elsewhere, too
      this.#place = place;
    }
    if (!this.#roles.has(role)) {
      this.#lock(hostOffset + CLAIMS[role], role);
      this.#roles.add(role);
    }
    return this.#page;
  }

  #holds({ sessionId }: RegionInfo): boolean {
    return this.#words.load(REGION_HEADER.magic) === ABI.MAGIC &&
      this.#words.load(REGION_HEADER.sessionId) === sessionId;
  }

  #lock(offset: number, role: Role): void {
    const pid = this.#memory.lock(offset);
    if (pid === 0) return;
    const who = processText(this.#libc, pid);
    const subject = this.#memory.name;
    throw new CommandError(`${who} ${TAKEN[role]}`, { subject });
  }
}
