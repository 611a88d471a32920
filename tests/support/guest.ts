// SPDX-License-Identifier: MIT
/**
 * A simulated guest in real shared memory.
 *
 * @module
 */
import { RegionWriter, type WriterOptions } from "../../ring/writer.ts";
import { SharedObject } from "./shared_object.ts";

/** A region in shared memory and its writer. */
export class Guest implements Disposable {
  readonly object: SharedObject;
  readonly name: string;
  readonly writer: RegionWriter;
  readonly #options: Partial<WriterOptions>;

  constructor(options: Partial<WriterOptions> = {}, bytes = 1 << 20) {
    this.#options = options;
    this.object = new SharedObject(bytes);
    this.name = this.object.name;
    this.writer = this.format();
  }

  /** Formats the region, anew if it was. */
  format(): RegionWriter {
    const options = { nrTrace: 2, ...this.#options };
    return new RegionWriter(this.object.buffer, options);
  }

  [Symbol.dispose](): void {
    this.object[Symbol.dispose]();
  }
}
