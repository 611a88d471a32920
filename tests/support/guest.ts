// SPDX-License-Identifier: MIT
/**
 * A simulated guest in real shared memory.
 *
 * @module
 */
import { RegionWriter, type WriterOptions } from "../../ring/writer/writer.ts";
import { SharedObject } from "./shared_object.ts";

/** The size of a guest's region if no other is asked for. */
export const REGION_BYTES: number = 1 << 20;

/** A region in shared memory and its writer. */
export class Guest implements Disposable {
  readonly object: SharedObject;
  readonly name: string;
  readonly writer: RegionWriter;
  readonly #options: Partial<WriterOptions>;

  /** @param name The object's name; a new one if not given. */
  constructor(
    options: Partial<WriterOptions> = {},
    bytes = REGION_BYTES,
    name?: string,
  ) {
    this.#options = options;
    this.object = new SharedObject(bytes, name);
    this.name = this.object.name;
    this.writer = this.format();
  }

  /** Formats the region. If it was formatted before, the guest starts again. */
  format(): RegionWriter {
    const options = { nrTrace: 2, ...this.#options };
    return new RegionWriter(this.object.buffer, options);
  }

  [Symbol.dispose](): void {
    this.object[Symbol.dispose]();
  }
}

/** Returns the last line of a reader that lost nothing. */
export function summary(records: number, bytes: number): string {
  return `ivring_reader: ${records} records, ${bytes} bytes, ${NO_LOSS}`;
}

const NO_LOSS = "0 lost, 0 dropped, 0 corrupt, 0 late";
