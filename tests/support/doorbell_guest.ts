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

/** Connected as QEMU is; rings as the driver does. */
export class DoorbellGuest implements Disposable {
  readonly client: IvshmemClient;
  readonly writer: RegionWriter;
  readonly #host: DataView;
  #rung = 0;
  /** How often it rang. */
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

  /** What the reader armed last. */
  get armed(): number {
    return this.#host.getUint32(HOST.armed, true);
  }

  /** What the reader wants to be woken for. */
  get thresholdBytes(): number {
    return this.#host.getUint32(HOST.thresholdBytes, true);
  }

  /** Whether it was armed since the last ring. */
  get wantsRing(): boolean {
    return this.armed !== this.#rung;
  }

  /** To be called after each write: rings if that is wanted. */
  published(): void {
    if (!this.wantsRing) return;
    this.#rung = this.armed;
    this.rings++;
    this.client.ring(this.#host.getUint32(HOST.doorbell, true));
  }

  /** Ends, as QEMU does. */
  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}
