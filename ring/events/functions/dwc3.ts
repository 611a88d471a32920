// SPDX-License-Identifier: MIT
/**
 * The functions of the driver for DesignWare's USB controllers. Source: the
 * kernel's drivers/usb/dwc3/debug.h, with core.h.
 *
 * Up to Linux 6.1 a function's first argument may be a buffer in the record,
 * which is of no use here.
 *
 * @module
 */
import {
  bitsOf,
  hex,
  type KernelFunction,
  type KernelFunctions,
  letters,
  named,
  type NamesByNumber,
  u32,
  u8,
} from "./kernel_function.ts";

const ENDPOINT_COMMANDS: NamesByNumber = {
  1: "Set Endpoint Configuration",
  2: "Set Endpoint Transfer Resource",
  3: "Get Endpoint State",
  4: "Set Stall",
  5: "Clear Stall",
  6: "Start Transfer",
  7: "Update Transfer",
  8: "End Transfer",
  9: "Start New Configuration",
};

const DEVICE_COMMANDS: NamesByNumber = {
  0x01: "Set LMP",
  0x02: "Set Periodic Parameters",
  0x03: "Transmit Function Wake Device Notification",
  0x04: "Set Scratchpad Buffer Array Address Lo",
  0x05: "Set Scratchpad Buffer Array Address Hi",
  0x07: "Device Notification",
  0x09: "Selected FIFO Flush",
  0x0a: "All FIFO Flush",
  0x0c: "Set Endpoint NRDY",
  0x0d: "Set Endpoint Prime",
  0x10: "Run SoC Bus Loopback Test",
};

/** The types of transfer request blocks, which stand in bits 4 to 9. */
const TYPES: NamesByNumber = {
  0x10: "normal",
  0x20: "setup",
  0x30: "status2",
  0x40: "status3",
  0x50: "data",
  0x60: "isoc-first",
  0x70: "isoc",
  0x80: "link",
};

const TIMED_OUT = -110;
const s32 = (value: bigint) => Number(BigInt.asIntN(32, value));

const ENDPOINT_STATUS: NamesByNumber = {
  [TIMED_OUT]: "Timed Out",
  0: "Successful",
  1: "No Resource",
  2: "Bus Expiry",
};
const DEVICE_STATUS: NamesByNumber = {
  [TIMED_OUT]: "Timed Out",
  0: "Successful",
  1: "Error",
};

const LINK_STATES: NamesByNumber = {
  0x0: "U0",
  0x1: "U1",
  0x2: "U2",
  0x3: "U3",
  0x4: "SS.Disabled",
  0x5: "RX.Detect",
  0x6: "SS.Inactive",
  0x7: "Polling",
  0x8: "Recovery",
  0x9: "Hot Reset",
  0xa: "Compliance",
  0xb: "Loopback",
  0xe: "Reset",
  0xf: "Resume",
};

const DEVICE_EVENTS: NamesByNumber = {
  0: "Disconnect:",
  1: "Reset",
  2: "Connection Done",
  3: "Link Change",
  4: "WakeUp",
  6: "Suspend",
  7: "Start-Of-Frame",
  9: "Erratic Error",
  10: "Command Complete",
  11: "Overflow",
};
/** Before Linux 5.15 this was the end of a frame, not the suspension. */
const SUSPEND = 6;

function deviceEvent(event: number, isOld: boolean): string | null {
  const type = bitsOf(event, 8, 4);
  if (type === SUSPEND && isOld) return null;
  const name = DEVICE_EVENTS[type];
  const state = LINK_STATES[bitsOf(event, 16, 4)] ?? "UNKNOWN link state";
  return name === undefined ? "UNKNOWN" : `${name} [${state}]`;
}

const CONTROL_STATES = [
  "Unconnected",
  "Setup Phase",
  "Data Phase",
  "Status Phase",
];
const CONTROL_PHASES = ["", " [Data Phase]", " [Status Phase]", ""];

function endpointEvent(event: number, control: number): string {
  const endpoint = bitsOf(event, 1, 5);
  const status = bitsOf(event, 12, 4);
  const parameters = bitsOf(event, 16, 16);
  const isControl = endpoint <= 1;
  const name = `ep${endpoint >> 1}${endpoint & 1 ? "in" : "out"}: `;
  switch (bitsOf(event, 6, 4)) {
    case 1: {
      const state = CONTROL_STATES[control] ?? "UNKNOWN";
      return `${name}Transfer Complete (${letters(status, "1S 2I 3L", "")})` +
        (isControl ? ` [${state}]` : "");
    }
    case 2:
      return `${name}Transfer In Progress [${hex(parameters, 8)}] ` +
        `(${letters(status, "1S 2I 3M", "")})`;
    case 3:
      return `${name}Transfer Not Ready [${hex(parameters, 8)}] ` +
        `(${status & 8 ? "Active" : "Not Active"})` +
        (isControl ? CONTROL_PHASES[status & 3] : "");
    case 4:
      return `${name}FIFO`;
    case 6:
      return status === 1
        ? `${name} Stream ${parameters} Found`
        : `${name} Stream Not Found`;
    case 7:
      return `${name}Endpoint Command Complete`;
    default:
      return `${name}UNKNOWN`;
  }
}

/** Makes the function that describes an event. */
function event(isOld: boolean): KernelFunction {
  return ({ numbers }) => {
    const [value, control] = numbers.slice(-2).map(u32);
    return value & 1
      ? deviceEvent(value, isOld)
      : endpointEvent(value, control);
  };
}

const INTERRUPT = 3;
const ISOCHRONOUS = 1;

/** Prints how many packets an interval has, see `print_statements.ts`. */
const transactions: KernelFunction = ({ numbers: [size, type] }) => {
  const kind = u32(type);
  if (kind !== INTERRUPT && kind !== ISOCHRONOUS) return "";
  return `${Math.min(bitsOf(u32(size), 24, 2) + 1, 3)}x `;
};

/** The functions of the driver for DesignWare's USB controllers. */
export const DWC3: KernelFunctions = {
  "dwc3_gadget_ep_cmd_string(n)": named(
    u8,
    ENDPOINT_COMMANDS,
    "UNKNOWN command",
  ),
  "dwc3_gadget_generic_cmd_string(n)": named(u8, DEVICE_COMMANDS, "UNKNOWN"),
  "dwc3_trb_type_string(n)": named(u32, TYPES, "UNKNOWN"),
  "dwc3_ep_cmd_status_string(n)": named(s32, ENDPOINT_STATUS, "UNKNOWN"),
  "dwc3_gadget_generic_cmd_status_string(n)": named(
    s32,
    DEVICE_STATUS,
    "UNKNOWN",
  ),
  "dwc3_transactions(nn)": transactions,
  "dwc3_decode_event(annn)": event(true),
  "dwc3_decode_event(nnn)": event(false),
};
