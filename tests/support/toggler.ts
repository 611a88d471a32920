// SPDX-License-Identifier: MIT
/**
 * A guest that removes its header and puts it back all the time while the test
 * runs. This is the least that a guest does that starts again and again.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";

/** The program of the other thread. */
const SOURCE = `
onmessage = ({ data: [path, magic, pauseMs] }) => {
  const file = Deno.openSync(path, { write: true });
  const words = [new Uint8Array(8), magic];
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0;; i++) {
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(words[i & 1]);
    if (pauseMs > 0) Atomics.wait(cell, 0, 0, pauseMs);
    if (i === 0) postMessage("begun");
  }
};`;

/** Toggles the magic of an object until it is disposed of. */
export class Toggler implements Disposable {
  readonly #worker: Worker;
  /** Resolves once the header has been removed for the first time. */
  readonly begun: Promise<unknown>;

  /**
   * @param path The object's path.
   * @param pauseMs The pause between two changes.
   */
  constructor(path: string, pauseMs: number) {
    const url = `data:text/javascript,${encodeURIComponent(SOURCE)}`;
    this.#worker = new Worker(url, { type: "module" });
    this.begun = new Promise((resolve) => this.#worker.onmessage = resolve);
    const magic = new Uint8Array(8);
    new DataView(magic.buffer).setBigUint64(0, ABI.MAGIC, true);
    this.#worker.postMessage([path, magic, pauseMs]);
  }

  /** Stops, and leaves the header as it happens to be. */
  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
