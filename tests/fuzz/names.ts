// SPDX-License-Identifier: MIT
/**
 * The names of functions that a guest published, looked up.
 *
 * @module
 */
import type { EventTable } from "../../ring/events/event_table.ts";

/** Addresses that the good region names, and others. */
const ADDRESSES = [
  ...[0n, 0x40_0001n, 0xffffffff81000000n, 0xffffffff81000100n],
  ...[0xffffffff81002000n, 0xffffffff81002801n, 0xffffffffc0001001n],
  ...[0x8000000000000000n, 0xffffffffffffffffn],
];
/** No epoch may have more rows. */
const ROWS_MAX = 1 << 20;

/**
 * Looks up addresses in all epochs.
 *
 * @returns How many have a name.
 * @throws {Error} saying which promise was broken.
 */
export function checkNames(events: EventTable): number {
  let named = 0;
  for (const epoch of events.epochs) {
    const symbols = events.symbols(epoch);
    for (const address of ADDRESSES) {
      const place = symbols?.find(address) ?? null;
      if (place === null) continue;
      named++;
      const { name, offsetBytes, sizeBytes, module } = place;
      if (offsetBytes < 0n || offsetBytes >= sizeBytes) {
        throw new Error(`${address} lies at ${offsetBytes} of ${sizeBytes}`);
      }
      checkName(name, 511);
      if (module !== null) checkName(module, 63);
    }
    let rows = 0;
    let last = -1n;
    for (const { address } of events.publishedSymbols(epoch)?.rows() ?? []) {
      if (++rows > ROWS_MAX || address < 0n || address >> 64n !== 0n) {
        throw new Error(`row ${rows} at ${address}`);
      }
      last = address;
    }
    if (rows > 0 && last < 0n) throw new Error("no row has an address");
  }
  return named;
}

function checkName(name: string, most: number): void {
  if (!/^[!-~]+$/.test(name) || name.length > most) {
    throw new Error(`a name is ${JSON.stringify(name)}`);
  }
}
