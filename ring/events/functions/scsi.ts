// SPDX-License-Identifier: MIT
/**
 * The functions of the SCSI layer. Source: the kernel's
 * drivers/scsi/scsi_trace.c, with include/scsi/scsi_proto.h.
 *
 * @module
 */
import {
  type KernelFunctions,
  type NamesByNumber,
  reading,
} from "./kernel_function.ts";

/**
 * Describes a command.
 *
 * @param command Its bytes, which have big-endian numbers.
 */
type Describe = (command: DataView) => string;

const NONE: Describe = () => "-";
const action16 = (command: DataView) => command.getUint8(1) & 0x1f;
const LBA_MASK = 0x1f_ffff;
const BLOCKS_FOR_ZERO = 256;

/** How the data is protected, and for WRITE SAME whether it is unmapped. */
function protection(command: DataView, at: number, isSame: boolean): string {
  const flags = command.getUint8(at);
  const text = ` protect=${flags >> 5}`;
  return isSame ? `${text} unmap=${flags >> 3 & 1}` : text;
}

const transfer6: Describe = (command) => {
  const lba = command.getUint32(0) & LBA_MASK;
  return `lba=${lba} txlen=${command.getUint8(4) || BLOCKS_FOR_ZERO}`;
};

const transfer10: Describe = (command) =>
  `lba=${command.getUint32(2)} txlen=${command.getUint16(7)}` +
  protection(command, 1, command.getUint8(0) === 0x41);

const transfer12: Describe = (command) =>
  `lba=${command.getUint32(2)} txlen=${command.getUint32(6)}` +
  protection(command, 1, false);

const transfer16: Describe = (command) =>
  `lba=${command.getBigUint64(2)} txlen=${command.getUint32(10)}` +
  protection(command, 1, command.getUint8(0) === 0x93);

const atomicWrite: Describe = (command) =>
  `lba=${command.getBigUint64(2)} txlen=${command.getUint16(12)} ` +
  `boundary_size=${command.getUint16(10)}`;

const unmap: Describe = (command) => {
  const bytes = command.getUint16(7) - 8;
  return `regions=${Math.floor((bytes >>> 0) / 16)}`;
};

const LONG_COMMANDS: NamesByNumber = {
  0x09: "READ",
  0x0a: "VERIFY",
  0x0b: "WRITE",
  0x0d: "WRITE_SAME",
};

const long: Describe = (command) => {
  const action = command.getUint16(8);
  const name = LONG_COMMANDS[action];
  if (name === undefined) return "-";
  const flags = protection(command, 10, false);
  const unmapped = action === 0x0d
    ? ` unmap=${command.getUint8(10) >> 3 & 1}`
    : "";
  return `${name}_32 lba=${command.getBigUint64(12)} ` +
    `txlen=${command.getUint32(28)}${flags} ` +
    `ei_lbrt=${command.getUint32(20)}${unmapped}`;
};

/** Makes a description that begins with the action's name. */
function byAction(names: NamesByNumber, rest: Describe): Describe {
  return (command) => {
    const name = names[action16(command)];
    return name === undefined ? "UNKNOWN" : `${name} ${rest(command)}`;
  };
}

const serviceIn = byAction(
  { 0x10: "READ_CAPACITY_16", 0x12: "GET_LBA_STATUS" },
  (command) =>
    `lba=${command.getBigUint64(2)} alloc_len=${command.getUint32(10)}`,
);

const allocated: Describe = (command) => `alloc_len=${command.getUint32(6)}`;

const maintenanceIn = byAction({
  0x05: "REPORT_IDENTIFYING_INFORMATION",
  0x0a: "REPORT_TARGET_PORT_GROUPS",
  0x0b: "REPORT_ALIASES",
  0x0c: "REPORT_SUPPORTED_OPERATION_CODES",
  0x0d: "REPORT_SUPPORTED_TASK_MANAGEMENT_FUNCTIONS",
  0x0e: "REPORT_PRIORITY",
  0x0f: "REPORT_TIMESTAMP",
  0x10: "MANAGEMENT_PROTOCOL_IN",
}, allocated);

const maintenanceOut = byAction({
  0x06: "SET_IDENTIFYING_INFORMATION",
  0x0a: "SET_TARGET_PORT_GROUPS",
  0x0b: "CHANGE_ALIASES",
  0x0e: "SET_PRIORITY",
  0x0f: "SET_TIMESTAMP",
  0x10: "MANAGEMENT_PROTOCOL_OUT",
}, allocated);

const zoneIn = byAction({ 0: "REPORT_ZONES" }, (command) => {
  const options = command.getUint8(14);
  return `zone=${command.getBigUint64(2)} ` +
    `alloc_len=${command.getUint32(10)} ` +
    `options=${options & 0x3f} partial=${options >> 7}`;
});

const zoneOut = byAction(
  {
    1: "CLOSE_ZONE",
    2: "FINISH_ZONE",
    3: "OPEN_ZONE",
    4: "RESET_WRITE_POINTER",
  },
  (command) =>
    `zone=${command.getBigUint64(2)} all=${command.getUint8(14) & 1}`,
);

const BY_CODE: Readonly<Record<number, Describe>> = {
  0x08: transfer6,
  0x0a: transfer6,
  0x28: transfer10,
  0x2a: transfer10,
  0x2f: transfer10,
  0x41: transfer10,
  0x42: unmap,
  0x7f: long,
  0x88: transfer16,
  0x8a: transfer16,
  0x8f: transfer16,
  0x93: transfer16,
  0x94: zoneOut,
  0x95: zoneIn,
  0x9c: atomicWrite,
  0x9e: serviceIn,
  0xa3: maintenanceIn,
  0xa4: maintenanceOut,
  0xa8: transfer12,
  0xaa: transfer12,
  0xaf: transfer12,
};

/** The functions of the SCSI layer. */
export const SCSI: KernelFunctions = {
  "scsi_trace_parse_cdb(an)": reading((command) =>
    (BY_CODE[command.getUint8(0)] ?? NONE)(command)
  ),
};
