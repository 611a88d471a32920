// SPDX-License-Identifier: MIT
/**
 * A reader that serves QEMU, and a guest that connects to it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { DoorbellGuest } from "./doorbell_guest.ts";
import { type Program, ReaderProgram } from "./reader_program.ts";
import { say } from "./regions.ts";
import { TempFolder, until } from "./temp_folder.ts";

/**
 * Waits until a process listens at a path, according to the kernel's list of
 * sockets. The socket's file is not enough: it exists before anybody listens.
 */
export async function listening(path: string): Promise<void> {
  await until(`somebody listens at ${path}`, () => {
    const sockets = Deno.readTextFileSync("/proc/net/unix").split("\n")
      .map((line) => line.split(/\s+/));
    return sockets.some((fields) =>
      fields[3] === "00010000" && fields[7] === path // __SO_ACCEPTCON
    );
  });
}

/** A reader that serves, and the folder of its socket. */
export class Served implements AsyncDisposable {
  readonly #folder = new TempFolder();
  readonly path = this.#folder.at("socket");
  readonly reader: Program;

  constructor(
    args: readonly string[] = ["-m", "1"],
    make = (all: string[]): Program => new ReaderProgram(...all),
  ) {
    this.reader = make(["--server", this.path, ...args]);
  }

  /** Waits until the reader listens. */
  listens(path = this.path): Promise<void> {
    return listening(path);
  }

  /** Connects a guest. */
  async guest(path = this.path): Promise<DoorbellGuest> {
    await this.listens(path);
    return await DoorbellGuest.start(path, { klogBytes: 65536 });
  }

  /** Returns a path beside the socket. */
  at(name: string): string {
    return this.#folder.at(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

/** Waits until the reader has armed the doorbell again. */
export async function armed(guest: DoorbellGuest): Promise<void> {
  await until("it is armed", () => guest.wantsRing);
}

/**
 * Writes a line, rings if the reader wants it, and checks that the line is
 * printed.
 */
export async function exchange(
  { reader }: Served,
  guest: DoorbellGuest,
  text: string,
): Promise<void> {
  say(guest.writer, 0, `${text}\n`);
  guest.published();
  let line = await reader.stdout.next();
  // With -v, marks of the guest's state stand between its lines.
  if (line?.startsWith("--- ")) line = await reader.stdout.next();
  assertEquals(line, text);
}

/** Shows the reader that the doorbell works. */
export async function awake(
  served: Served,
  guest: DoorbellGuest,
): Promise<void> {
  await armed(guest);
  await exchange(served, guest, "first");
  await armed(guest);
}
