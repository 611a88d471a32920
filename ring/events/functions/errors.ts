// SPDX-License-Identifier: MIT
/**
 * The functions that describe errors of the hardware. Source: the kernel's
 * drivers/firmware/efi/cper.c, with include/linux/cper.h and edac.h.
 *
 * @module
 */
import {
  hex,
  type KernelFunction,
  type KernelFunctions,
  named,
  reading,
  u32,
} from "./kernel_function.ts";

const SEVERITIES = ["recoverable", "fatal", "corrected", "info"];

const MEMORY_ERRORS = [
  "unknown",
  "no error",
  "single-bit ECC",
  "multi-bit ECC",
  "single-symbol chipkill ECC",
  "multi-symbol chipkill ECC",
  "master abort",
  "target abort",
  "parity error",
  "watchdog timeout",
  "invalid address",
  "mirror Broken",
  "memory sparing",
  "scrub corrected error",
  "scrub uncorrected error",
  "physical memory map-out event",
];

const CONTROLLER_ERRORS = ["Corrected", "Uncorrected", "Deferred", "Fatal"];

const u16At = (at: number) => (view: DataView) => view.getUint16(at, true);
const u64At = (at: number) => (view: DataView) =>
  `0x${hex(view.getBigUint64(at, true), 16)}`;

const BANK = 14;
const ROW = 18;
const EXTENDED = 54;
const ROW_IS_VALID = 1 << 8;
const ROW_IS_LONG = 1 << 18;

function row(view: DataView): number {
  const isLong = view.getUint32(0, true) & ROW_IS_LONG;
  const high = isLong ? view.getUint8(EXTENDED) & 3 : 0;
  return high << 16 | view.getUint16(ROW, true);
}

/** The parts of a memory error's place, in the order in which they are named. */
const PARTS: readonly (readonly [
  valid: number,
  name: string,
  value: (view: DataView) => number | string,
])[] = [
  [1 << 3, "node", u16At(8)],
  [1 << 4, "card", u16At(10)],
  [1 << 5, "module", u16At(12)],
  [1 << 15, "rank", u16At(48)],
  [1 << 6, "bank", u16At(BANK)],
  [1 << 19, "bank_group", (view) => view.getUint16(BANK, true) >> 8],
  [1 << 20, "bank_address", (view) => view.getUint8(BANK)],
  [1 << 7, "device", u16At(16)],
  [ROW_IS_VALID | ROW_IS_LONG, "row", row],
  [1 << 9, "column", u16At(20)],
  [1 << 10, "bit_position", u16At(22)],
  [1 << 11, "requestor_id", u64At(24)],
  [1 << 12, "responder_id", u64At(32)],
  [1 << 13, "target_id", u64At(40)],
  [1 << 21, "chip_id", (view) => view.getUint8(EXTENDED) >> 5],
];
const MODULE_HANDLE_IS_VALID = 1 << 17;
const MODULE_HANDLE = 52;

/**
 * Describes where in the memory an error was. The kernel knows the names of
 * modules from the firmware's tables; here they have numbers.
 */
const memoryPlace: KernelFunction = reading((view) => {
  const valid = view.getUint32(0, true);
  const parts = PARTS.filter(([bits]) => (valid & bits) !== 0)
    .map(([, name, value]) => `${name}:${value(view)} `).join("");
  if ((valid & MODULE_HANDLE_IS_VALID) === 0) return parts;
  const handle = view.getUint16(MODULE_HANDLE, true);
  return `${parts}DIMM location: DMI handle: 0x${hex(handle, 4)} `;
});

/** The functions that describe errors of the hardware. */
export const ERRORS: KernelFunctions = {
  "mc_event_error_type(n)": named(u32, CONTROLLER_ERRORS, "Info"),
  "cper_severity_str(n)": named(u32, SEVERITIES, "unknown"),
  "cper_mem_err_type_str(n)": named(u32, MEMORY_ERRORS, "unknown"),
  "cper_mem_err_unpack(a)": memoryPlace,
};
