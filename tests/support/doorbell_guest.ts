// SPDX-License-Identifier: MIT
/**
 * A simulated guest behind an ivshmem-doorbell device.
 *
 * @module
 */
import { readHeader } from "../../ring/header.ts";
import { HOST } from "../../ring/layout.ts";
import { RegionWriter, type WriterOptions } from "../../ring/writer/writer.ts";
import { IvshmemClient } from "./ivshmem_client.ts";

/** A guest that is connected like QEMU, and rings like the driver. */
export class DoorbellGuest implements Disposable {
  readonly client: IvshmemClient;
  readonly writer: RegionWriter;
  readonly #host: DataView;
  #rung = 0;
  /** How often the guest rang. */
  rings = 0;

  private constructor(client: IvshmemClient, options: Partial<WriterOptions>) {
    this.client = client;
    this.writer = new RegionWriter(client.buffer, { nrTrace: 2, ...options });
    const { hostOffset } = readHeader(client.buffer)!;
    this.#host = new DataView(client.buffer, hostOffset, HOST.size);
  }

  /** Connects and formats the region. */
  static async start(
    path: string,
    options: Partial<WriterOptions> = {},
  ): Promise<DoorbellGuest> {
    return new DoorbellGuest(await IvshmemClient.connect(path), options);
  }

  /** The number that the reader armed last. */
  get armed(): number {
    return this.#host.getUint32(HOST.armed, true);
  }

  /** How many bytes the reader wants to wait for before it is woken. */
  get thresholdBytes(): number {
    return this.#host.getUint32(HOST.thresholdBytes, true);
  }

  /** Whether the reader has armed the doorbell since the guest last rang. */
  get wantsRing(): boolean {
    return this.armed !== this.#rung;
  }

  /** Rings if the reader wants it. To be called after each write. */
  published(): void {
    if (!this.wantsRing) return;
    this.#rung = this.armed;
    this.rings++;
    this.client.ring(this.#host.getUint32(HOST.doorbell, true));
  }

  /** Disconnects, as QEMU does when it ends. */
  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}
