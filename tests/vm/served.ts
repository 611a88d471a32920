// SPDX-License-Identifier: MIT
/**
 * Runs a reader that is the server of a guest's doorbell device.
 *
 * @module
 */
import { ReaderProgram } from "../support/reader_program.ts";
import { listening } from "../support/served_reader.ts";
import { TempFolder } from "../support/temp_folder.ts";
import type { Machine } from "./machine.ts";
import type { RegionOptions } from "./qemu.ts";

/**
 * Longer than a test takes, so that only the doorbell can wake the reader in
 * time.
 */
export const NEVER_MS = 600_000;

/** A socket, and the object that is served there. */
export class Service implements Disposable {
  /** The region for a `Machine`. */
  readonly region: RegionOptions;
  readonly #folder = new TempFolder();

  /** @param bytes The region's size. */
  constructor(bytes: number) {
    const name = `ivring-vm-served-${crypto.randomUUID().slice(0, 8)}`;
    const socket = this.#folder.at("socket");
    this.region = { bytes, wiring: "doorbell", socket, name };
  }

  /**
   * Starts a reader, and waits until it listens.
   *
   * @param further Arguments besides the server's and the object's.
   */
  async start(...further: string[]): Promise<ReaderProgram> {
    const { socket, name, bytes } = this.region;
    const reader = new ReaderProgram(
      ...["--server", socket!, "-s", name!, "-m", `${bytes >> 20}`],
      ...further,
    );
    await this.listens();
    return reader;
  }

  /** Waits until a reader listens. */
  listens(): Promise<void> {
    return listening(this.region.socket!);
  }

  /** Removes the socket and its folder. */
  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/**
 * Returns how often the driver has rung since it was loaded; NaN if it cannot
 * ring.
 */
export async function rings(machine: Machine): Promise<number> {
  return Number(await machine.run("cat /sys/class/misc/ivring0/doorbells"));
}
