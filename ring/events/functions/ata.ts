// SPDX-License-Identifier: MIT
/**
 * The functions of the ATA drivers. Source: the kernel's
 * drivers/ata/libata-trace.c, with include/linux/ata.h and libata.h.
 *
 * @module
 */
import {
  hex,
  type KernelFunction,
  type KernelFunctions,
  type NamedBits,
  type NamesByNumber,
  namesOfBits,
  u32,
  u8,
} from "./kernel_function.ts";

const STATUS: NamedBits = [
  [1 << 7, "BUSY"],
  [1 << 6, "DRDY"],
  [1 << 5, "DF"],
  [1 << 4, "DSC"],
  [1 << 3, "DRQ"],
  [1 << 2, "CORR"],
  [1 << 1, "SENSE"],
  [1 << 0, "ERR"],
];

const DMA_STATUS: NamedBits = [
  [1 << 2, "INTR"],
  [1 << 1, "ERR"],
  [1 << 0, "ACTIVE"],
];

const ACTIONS: NamedBits = [
  [1 << 0, "REVALIDATE"],
  [1 << 1 | 1 << 2, "RESET"],
  [1 << 3, "ENABLE_LINK"],
  [1 << 5, "PARK"],
];

const ERRORS: NamedBits = [
  [1 << 0, "DEV"],
  [1 << 1, "HSM"],
  [1 << 2, "TIMEOUT"],
  [1 << 3, "MEDIA"],
  [1 << 4, "ATA_BUS"],
  [1 << 5, "HOST_BUS"],
  [1 << 6, "SYSTEM"],
  [1 << 7, "INVALID"],
  [1 << 8, "OTHER"],
  [1 << 9, "NODEV_HINT"],
  [1 << 10, "NCQ"],
];

const COMMAND_FLAGS: NamedBits = [
  [1 << 0, "ACTIVE"],
  [1 << 1, "DMAMAP"],
  [1 << 3, "IO"],
  [1 << 4, "RESULT_TF"],
  [1 << 5, "CLEAR_EXCL"],
  [1 << 6, "QUIET"],
  [1 << 7, "RETRY"],
  [1 << 16, "FAILED"],
  [1 << 17, "SENSE_VALID"],
  [1 << 18, "EH_SCHEDULED"],
];

const TASKFILE_FLAGS: NamedBits = [
  [1 << 0, "LBA48"],
  [1 << 1, "ISADDR"],
  [1 << 2, "DEV"],
  [1 << 3, "WRITE"],
  [1 << 4, "LBA"],
  [1 << 5, "FUA"],
  [1 << 6, "POLL"],
];

/** Makes a function that names the bits of a register. */
function register(bits: NamedBits): KernelFunction {
  return ({ numbers: [value] }) => `{ ${namesOfBits(u8(value), bits)}}`;
}

/** Makes a function that prints flags, and names them. */
function flags(bits: NamedBits): KernelFunction {
  return ({ numbers: [number] }) => {
    const value = u32(number);
    const names = value === 0 ? "" : `{ ${namesOfBits(value, bits)}}`;
    return hex(value) + names;
  };
}

/** The bits of a count of sectors that tell which command it is. */
const COUNT_BITS = 0x5f;

/** By command, and then by what tells which one it is. */
const BY_COUNT: Readonly<Record<number, NamesByNumber>> = {
  0x65: { 1: " READ_LOG_DMA_EXT", 2: " ZAC_MGMT_IN" },
  0x64: { 0: " DATASET_MANAGEMENT", 2: " WRITE_LOG_DMA_EXT" },
};
const BY_FEATURE: Readonly<Record<number, NamesByNumber>> = {
  0x63: {
    0: " ABORT_QUEUE",
    5: " SET_FEATURES",
    6: " ZERO_EXT",
    7: " ZAC_MGMT_OUT",
  },
  0x4a: { 0: " REPORT_ZONES" },
  0x9f: {
    1: " CLOSE_ZONE",
    2: " FINISH_ZONE",
    3: " OPEN_ZONE",
    4: " RESET_WRITE_POINTER",
  },
};

const subcommand: KernelFunction = ({ numbers }) => {
  const [command, feature, count] = numbers.map(u8);
  return BY_COUNT[command]?.[count & COUNT_BITS] ??
    BY_FEATURE[command]?.[feature] ?? "";
};

/** The functions of the ATA drivers. */
export const ATA: KernelFunctions = {
  "libata_trace_parse_status(n)": register(STATUS),
  "libata_trace_parse_host_stat(n)": register(DMA_STATUS),
  "libata_trace_parse_eh_action(n)": flags(ACTIONS),
  "libata_trace_parse_eh_err_mask(n)": flags(ERRORS),
  "libata_trace_parse_qc_flags(n)": flags(COMMAND_FLAGS),
  "libata_trace_parse_tf_flags(n)": flags(TASKFILE_FLAGS),
  "libata_trace_parse_subcmd(nnn)": subcommand,
};
