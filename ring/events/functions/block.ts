// SPDX-License-Identifier: MIT
/**
 * The block layer's functions. Source: the kernel's block/blk-core.c,
 * block/blk-zoned.c, drivers/block/null_blk/trace.c.
 *
 * @module
 */
import { type KernelFunctions, named, textAt, u32 } from "./kernel_function.ts";

/**
 * Until Linux 5.17, 7 was WRITE_SAME, but none of the events that have an
 * operation saw it.
 */
const OPERATIONS = {
  0: "READ",
  1: "WRITE",
  2: "FLUSH",
  3: "DISCARD",
  5: "SECURE_ERASE",
  7: "ZONE_APPEND",
  9: "WRITE_ZEROES",
  11: "ZONE_OPEN",
  13: "ZONE_CLOSE",
  15: "ZONE_FINISH",
  17: "ZONE_RESET",
  19: "ZONE_RESET_ALL",
  21: "ZONE_APPEND", // until Linux 5.17
  32: "SCSI_IN", // until Linux 5.13
  33: "SCSI_OUT",
  34: "DRV_IN",
  35: "DRV_OUT",
};

const ZONE_CONDITIONS = {
  0x0: "NOT_WP",
  0x1: "EMPTY",
  0x2: "IMP_OPEN",
  0x3: "EXP_OPEN",
  0x4: "CLOSED",
  0xd: "READONLY",
  0xe: "FULL",
  0xf: "OFFLINE",
  0xff: "ACTIVE",
};

/** The block layer's functions. */
export const BLOCK: KernelFunctions = {
  "blk_op_str(n)": named(u32, OPERATIONS, "UNKNOWN"),
  "blk_zone_cond_str(n)": named(u32, ZONE_CONDITIONS, "UNKNOWN"),
  "nullb_trace_disk_name(a)|nvme_trace_disk_name(a)|nvmet_trace_disk_name(a)": (
    { places: [name] },
  ) => {
    const text = textAt(name);
    return text === "" ? "" : `disk=${text}, `;
  },
};
