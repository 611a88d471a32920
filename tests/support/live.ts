// SPDX-License-Identifier: MIT
/**
 * Writes the live line of a simulated guest, as its driver would.
 *
 * @module
 */
import { ABI, LIVE, REGION_HEADER } from "../../ring/layout.ts";

/** What the driver writes; whatever is not given stays as it is. */
export interface Said {
  /** One of `ABI.STATE_*`. */
  state?: number;
  /** One of `ABI.REASON_*`. */
  reason?: number;
  heartbeat?: number;
  panicText?: string;
  /** The clock's ticks at `utcNs`. */
  clockValue?: bigint;
  utcNs?: bigint;
  /** The name that the guest has now. */
  guestName?: string;
}

/** Writes into the live line of a region. */
export function setLive(buffer: ArrayBuffer, said: Said): void {
  const view = new DataView(buffer);
  const at = view.getUint32(REGION_HEADER.liveOffset, true);
  const put32 = (field: number, value?: number) => {
    if (value !== undefined) view.setUint32(at + field, value, true);
  };
  const put64 = (field: number, value?: bigint) => {
    if (value !== undefined) view.setBigUint64(at + field, value, true);
  };
  put64(
    LIVE.heartbeat,
    said.heartbeat === undefined ? undefined : BigInt(said.heartbeat),
  );
  put64(LIVE.clockValue, said.clockValue);
  put64(LIVE.utcNs, said.utcNs);
  const putText = (field: number, size: number, text?: string) => {
    if (text === undefined) return;
    const bytes = new Uint8Array(buffer, at + field, size);
    bytes.fill(0);
    new TextEncoder().encodeInto(text, bytes);
  };
  putText(LIVE.panicText, ABI.PANIC_TEXT_BYTES, said.panicText);
  putText(LIVE.guestName, ABI.NAME_BYTES, said.guestName);
  // The state is last, as in the driver: a reader that sees it finds the
  // reason and the text that belong to it.
  put32(LIVE.reason, said.reason);
  put32(LIVE.state, said.state);
}
