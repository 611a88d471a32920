// SPDX-License-Identifier: MIT
/**
 * Reads the guest's current name. The header may have another one, because a
 * driver that is loaded early starts before the guest has its name, and because
 * names may change.
 *
 * @module
 */
import type { RegionInfo } from "./header.ts";
import { bytesOf, textOf } from "./header_fields.ts";
import { ABI, LIVE } from "./layout.ts";
import { SharedWords } from "./shared_words.ts";

/** How many times to copy a name that changes meanwhile. */
const ATTEMPTS = 3;

/**
 * Copies the guest's current name.
 *
 * @param buffer The mapped object, or a copy of a region.
 * @param info Its header.
 * @returns The name that the guest claims, raw bytes decoded as UTF-8, not
 * sanitised. It is the name at the driver's start if the guest gives no other:
 * in ABI 1.0, before it has one, or while it is being changed.
 */
export function readGuestName(buffer: ArrayBuffer, info: RegionInfo): string {
  if (info.abiMinor === 0) return info.guestName;
  const shared = new SharedWords(buffer);
  const at = info.liveOffset;
  const loadSeq = () => shared.load(at + LIVE.nameSeq) & 0xffffffffn;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // MO(readGuestName:A) pairs with ivring_live_name:B. If it reads the even
    // number stored behind that, the copy has the whole name, or a later one's.
    const seq = loadSeq();
    const begin = at + LIVE.guestName;
    const name = new DataView(buffer.slice(begin, begin + ABI.NAME_BYTES));
    // MO(readGuestName:B) pairs with ivring_live_name:A. If the copy has a byte
    // that is stored behind that, the second load reads another number.
    shared.fence();
    if (seq % 2n !== 0n || loadSeq() !== seq) continue;
    return textOf(bytesOf(name, 0, ABI.NAME_BYTES)) || info.guestName;
  }
  return info.guestName;
}
