// SPDX-License-Identifier: MIT
/**
 * Writes decimal digits, three at a time.
 *
 * @module
 */

/** "000" to "999": ASCII in the low three bytes, the first digit lowest. */
export const THREE_DIGITS: Uint32Array = new Uint32Array(1000).map((_, n) => {
  const hundreds = Math.floor(n / 100);
  const tens = Math.floor(n / 10) % 10;
  return 0x303030 + (hundreds | tens << 8 | n % 10 << 16);
});

/** Writes a whole number below 10^9 as nine digits. */
export function putNineDigits(
  view: DataView,
  at: number,
  value: number,
): void {
  const number = value | 0; // integer arithmetic from here
  const millions = (number / 1e6) | 0;
  const rest = number - millions * 1e6;
  const thousands = (rest / 1000) | 0;
  const second = THREE_DIGITS[thousands];
  const third = THREE_DIGITS[rest - thousands * 1000];
  view.setUint32(at, THREE_DIGITS[millions] | second << 24, true);
  view.setUint32(at + 4, second >>> 8 | third << 16, true);
  view.setUint8(at + 8, third >>> 16);
}
