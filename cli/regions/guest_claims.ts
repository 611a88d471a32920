// SPDX-License-Identifier: MIT
/**
 * What a guest says about itself. None of it is verified.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";

/** What a guest says about itself, not sanitised; "" for what it leaves out. */
export interface GuestClaims {
  /** The name as it is now. */
  readonly name: string;
  /** Its kernel's release. */
  readonly kernel: string;
  /** Its driver's version; drivers before ABI 1.1 do not give it. */
  readonly driver: string;
}

/**
 * Gathers what a guest says about itself.
 *
 * @param info Its header.
 * @param name From `readGuestName`.
 */
export function guestClaims(info: RegionInfo, name: string): GuestClaims {
  return { name, kernel: info.kernelRelease, driver: info.driverVersion };
}

/** Puts these claims into one phrase, not sanitised. */
export function guestText({ name, kernel, driver }: GuestClaims): string {
  return `${name || "(no name)"}, kernel ${kernel || "?"}, ` +
    `driver ${driver || "?"}`;
}
