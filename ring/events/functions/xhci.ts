// SPDX-License-Identifier: MIT
/**
 * The functions of the driver for USB's host controllers. The bits are those of
 * the xHCI specification; the words are those of Linux 6.12, because formats do
 * not tell the kernel's release: Linux 7 has others for ports and isochronous
 * transfers. Source: the kernel's drivers/usb/host/xhci.h.
 *
 * Up to Linux 6.1 the first argument is a buffer in the record, which is of no
 * use here.
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
  namesOfBits,
  u32,
} from "./kernel_function.ts";

const RINGS = ["CTRL", "ISOC", "BULK", "INTR", "STREAM", "CMD", "EVENT"];

const TYPES: NamesByNumber = {
  1: "Normal",
  2: "Setup Stage",
  3: "Data Stage",
  4: "Status Stage",
  5: "Isoch",
  6: "Link",
  7: "Event Data",
  8: "No-Op",
  9: "Enable Slot Command",
  10: "Disable Slot Command",
  11: "Address Device Command",
  12: "Configure Endpoint Command",
  13: "Evaluate Context Command",
  14: "Reset Endpoint Command",
  15: "Stop Ring Command",
  16: "Set TR Dequeue Pointer Command",
  17: "Reset Device Command",
  18: "Force Event Command",
  19: "Negotiate Bandwidth Command",
  20: "Set Latency Tolerance Value Command",
  21: "Get Port Bandwidth Command",
  22: "Force Header Command",
  23: "No-Op Command",
  32: "Transfer Event",
  33: "Command Completion Event",
  34: "Port Status Change Event",
  35: "Bandwidth Request Event",
  36: "Doorbell Event",
  37: "Host Controller Event",
  38: "Device Notification Event",
  39: "MFINDEX Wrap Event",
  48: "NEC Command Completion Event",
  49: "NET Get Firmware Revision Command",
};

const COMPLETIONS: NamesByNumber = {
  0: "Invalid",
  1: "Success",
  2: "Data Buffer Error",
  3: "Babble Detected",
  4: "USB Transaction Error",
  5: "TRB Error",
  6: "Stall Error",
  7: "Resource Error",
  8: "Bandwidth Error",
  9: "No Slots Available Error",
  10: "Invalid Stream Type Error",
  11: "Slot Not Enabled Error",
  12: "Endpoint Not Enabled Error",
  13: "Short Packet",
  14: "Ring Underrun",
  15: "Ring Overrun",
  16: "VF Event Ring Full Error",
  17: "Parameter Error",
  18: "Bandwidth Overrun Error",
  19: "Context State Error",
  20: "No Ping Response Error",
  21: "Event Ring Full Error",
  22: "Incompatible Device Error",
  23: "Missed Service Error",
  24: "Command Ring Stopped",
  25: "Command Aborted",
  26: "Stopped",
  27: "Stopped - Length Invalid",
  28: "Stopped - Short Packet",
  29: "Max Exit Latency Too Large Error",
  31: "Isoch Buffer Overrun",
  32: "Event Lost Error",
  33: "Undefined Error",
  34: "Invalid Stream ID Error",
  35: "Secondary Bandwidth Error",
  36: "Split Transaction Error",
};

/** The letters of the flags of each type of transfer, by bits of word 3. */
const TRANSFER_FLAGS: NamesByNumber = {
  1: "9B 6I 5I 4C 3S 2I 1E 0C",
  3: "6I 5I 4C 3S 2I 1E 0C",
  4: "5I 4C 1E 0C",
  5: "9B 6I 5I 4C 3S 2I 1E 0C",
  7: "9B 6I 5I 4C 3S 2I 1E 0C",
  8: "9B 6I 5I 4C 3S 2I 1E 0C",
};

/** The four words of a TRB, a transfer request block. */
type Words = readonly [number, number, number, number];

const lengths = (word: number) =>
  `length ${bitsOf(word, 0, 17)} TD size ${bitsOf(word, 17, 5)} ` +
  `intr ${bitsOf(word, 22, 10)}`;

function transfer([a, b, c, d]: Words, type: number): string {
  return `Buffer ${hex(b, 8)}${hex(a, 8)} ${lengths(c)} ` +
    `type '${TYPES[type]}' flags ${letters(d, TRANSFER_FLAGS[type])}`;
}

function setup([a, b, c, d]: Words): string {
  const half = (word: number, lowest: number) =>
    hex(bitsOf(word, lowest, 16), 4);
  return `bRequestType ${hex(bitsOf(a, 0, 8), 2)} ` +
    `bRequest ${hex(bitsOf(a, 8, 8), 2)} wValue ${half(a, 16)} ` +
    `wIndex ${half(b, 0)} wLength ${bitsOf(b, 16, 16)} ${lengths(c)} ` +
    `type '${TYPES[2]}' flags ${letters(d, "6I 5I 0C")}`;
}

function link([a, b, c, d]: Words): string {
  return `LINK ${hex(b, 8)}${hex(a, 8)} intr ${bitsOf(c, 22, 10)} ` +
    `type '${TYPES[6]}' flags ${letters(d, "5I 4C 1T 0C")}`;
}

function event([a, b, c, d]: Words, type: number): string {
  const status = COMPLETIONS[bitsOf(c, 24, 8)] ?? "Unknown!!";
  return `TRB ${hex(b, 8)}${hex(a, 8)} status '${status}' ` +
    `len ${bitsOf(c, 0, 24)} slot ${bitsOf(d, 24, 8)} ` +
    `ep ${bitsOf(d, 16, 5)} type '${TYPES[type]}' ` +
    `flags ${letters(d, "2E 0C")}`;
}

/** Returns what a command has between its name and its flags. */
function commandFields([a, b, c, d]: Words, type: number): string {
  const context = `ctx ${hex(b, 8)}${hex(a, 8)} `;
  const slot = `slot ${bitsOf(d, 24, 8)} `;
  const endpoint = `ep ${bitsOf(d, 16, 5)} `;
  switch (type) {
    case 10:
    case 17:
    case 19:
      return slot;
    case 11:
    case 12:
    case 13:
      return context + slot;
    case 14:
      return context + slot + endpoint;
    case 15:
      return `${slot}sp ${bitsOf(d, 23, 1)} ${endpoint}`;
    case 16:
      return `deq ${hex(b, 8)}${hex(a, 8)} stream ${bitsOf(c, 16, 16)} ` +
        slot + endpoint;
    case 18:
      return `event ${hex(b, 8)}${hex(a, 8)} ` +
        `vf intr ${bitsOf(c, 22, 10)} vf id ${bitsOf(d, 16, 8)} `;
    case 20:
      return `belt ${bitsOf(d, 16, 12)} `;
    case 21:
      return `${context}${slot}speed ${bitsOf(d, 16, 4)} `;
    case 22:
      return `info ${hex(c, 8)}${hex(b, 8)}${hex((a & ~0x1f) >>> 0, 8)} ` +
        `pkt type ${bitsOf(a, 0, 5)} roothub port ${bitsOf(d, 24, 8)} `;
    default:
      return "";
  }
}

/** The letters of commands that have more flags than the cycle bit. */
const COMMAND_FLAGS: NamesByNumber = {
  11: "9B 0C",
  12: "9D 0C",
  14: "9T 0C",
};

const requestBlock: KernelFunction = ({ numbers }) => {
  const words = numbers.slice(-4).map(u32) as unknown as Words;
  const type = bitsOf(words[3], 10, 6);
  const name = TYPES[type] ?? "UNKNOWN";
  if (type === 2) return setup(words);
  if (type === 6) return link(words);
  if (type in TRANSFER_FLAGS) return transfer(words, type);
  if (type >= 9 && type <= 23) {
    const flags = letters(words[3], COMMAND_FLAGS[type] ?? "0C");
    return `${name}: ${commandFields(words, type)}flags ${flags}`;
  }
  if (type >= 32 && type <= 39) return event(words, type);
  return `type '${name}' -> raw ${words.map((word) => hex(word, 8)).join(" ")}`;
};

const endpointName = (number: number) =>
  `${number >> 1}${number % 2 === 0 ? "out" : "in"}`;

const endpointsOf = (bits: number) =>
  Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => (bits >>> bit & 1) === 1)
    .map((bit) => ` ${endpointName(bit)}`).join("");

const controlContext: KernelFunction = ({ numbers }) => {
  const [drop, add] = numbers.slice(-2).map(u32);
  let text = drop === 0 ? "" : `Drop:${endpointsOf(drop)}, `;
  if (add !== 0) {
    text += `Add:${add & 1 ? " slot" : ""}${add & 2 ? " ep0" : ""}` +
      endpointsOf(add & ~3);
  }
  return text;
};

const SPEEDS: NamesByNumber = {
  1: "full-speed",
  2: "low-speed",
  3: "high-speed",
  4: "super-speed",
  5: "super-speed plus",
};
const SLOT_STATES = ["enabled/disabled", "default", "addressed", "configured"];

const slotContext: KernelFunction = ({ numbers }) => {
  const [info, ports, translator, state] = numbers.slice(-4).map(u32);
  const speed = SPEEDS[bitsOf(info, 20, 4)] ?? "UNKNOWN speed";
  const flags = (bitsOf(info, 25, 1) ? " multi-TT" : "") +
    (bitsOf(info, 26, 1) ? " Hub" : "");
  return `RS ${hex(bitsOf(info, 0, 20), 5)} ${speed}${flags} ` +
    `Ctx Entries ${bitsOf(info, 27, 5)} MEL ${bitsOf(ports, 0, 16)} us ` +
    `Port# ${bitsOf(ports, 16, 8)}/${bitsOf(ports, 24, 8)} ` +
    `[TT Slot ${bitsOf(translator, 0, 8)} ` +
    `Port# ${bitsOf(translator, 8, 8)} TTT ${bitsOf(translator, 16, 2)} ` +
    `Intr ${bitsOf(translator, 22, 10)}] Addr ${bitsOf(state, 0, 8)} ` +
    `State ${SLOT_STATES[bitsOf(state, 27, 5)] ?? "reserved"}`;
};

const LINK_STATES: NamesByNumber = {
  0: "U0",
  1: "U1",
  2: "U2",
  3: "U3",
  4: "Disabled",
  5: "RxDetect",
  6: "Inactive",
  7: "Polling",
  8: "Recovery",
  9: "Hot Reset",
  10: "Compliance mode",
  11: "Test mode",
  15: "Resume",
};

const PORT_CHANGES = [
  [1 << 17, "CSC"],
  [1 << 18, "PEC"],
  [1 << 19, "WRC"],
  [1 << 20, "OCC"],
  [1 << 21, "PRC"],
  [1 << 22, "PLC"],
  [1 << 23, "CEC"],
  [1 << 24, "CAS"],
] as const;
const WAKE_UPS = [
  [1 << 25, "WCE"],
  [1 << 26, "WDE"],
  [1 << 27, "WOE"],
] as const;

/** Describes a port's register as Linux up to 6.1 does. */
function portStatus(port: number): string {
  const state = LINK_STATES[bitsOf(port, 5, 4)] ?? "Unknown";
  return `${port & 1 << 9 ? "Powered" : "Powered-off"} ` +
    `${port & 1 ? "Connected" : "Not-connected"} ` +
    `${port & 2 ? "Enabled" : "Disabled"} Link:${state} ` +
    `PortSpeed:${bitsOf(port, 10, 4)} ` +
    namesOfBits(port, [[1 << 3, "OverCurrent"], [1 << 4, "In-Reset"]]) +
    `Change: ${namesOfBits(port, PORT_CHANGES)}` +
    `Wake: ${namesOfBits(port, WAKE_UPS)}`;
}

const GONE = 0xffff_ffff;

const portRegister: KernelFunction = ({ numbers: [value] }) => {
  const port = u32(value);
  return `0x${hex(port, 8)} ${port === GONE ? "" : portStatus(port)}`;
};

/**
 * Describes a doorbell. The kernel writes the stream over the endpoint, because
 * it adds up lengths wrongly; here it stands behind.
 */
const doorbell: KernelFunction = ({ numbers }) => {
  const [slot, value] = numbers.slice(-2).map(u32);
  if (slot === 0) return `Command Ring ${value | 0}`;
  const target = bitsOf(value, 0, 8);
  const stream = bitsOf(value, 16, 16);
  let name = `Vendor Defined ${target}`;
  if (target > 0 && target < 32) name = `ep${endpointName(target)}`;
  else if (target < 248) name = `Reserved ${target}`;
  return `Slot ${slot | 0} ${name}${stream === 0 ? "" : ` Stream ${stream}`}`;
};

const ENDPOINT_STATES = ["disabled", "running", "halted", "stopped", "error"];
const ENDPOINT_TYPES = [
  "INVALID",
  "Isoc OUT",
  "Bulk OUT",
  "Int OUT",
  "Ctrl",
  "Isoc IN",
  "Bulk IN",
  "Int IN",
];

/** Returns how long an interval is, in microseconds, as C's `int` has it. */
function interval(exponent: number): number {
  return Math.imul(1 << exponent, 125);
}

const endpointContext: KernelFunction = ({ numbers }) => {
  const [info, info2, , transfers] = numbers.slice(-4).map(u32);
  const dequeue = BigInt.asUintN(64, numbers.at(-2)!);
  const payload = bitsOf(info, 24, 8) << 16 | bitsOf(transfers, 16, 16);
  return `State ${ENDPOINT_STATES[bitsOf(info, 0, 3)] ?? "INVALID"} ` +
    `mult ${bitsOf(info, 8, 2) + 1} ` +
    `max P. Streams ${bitsOf(info, 10, 5)} ` +
    `${bitsOf(info, 15, 1) ? "LSA " : ""}` +
    `interval ${interval(bitsOf(info, 16, 8))} us ` +
    `max ESIT payload ${payload} CErr ${bitsOf(info2, 1, 2)} ` +
    `Type ${ENDPOINT_TYPES[bitsOf(info2, 3, 3)]} ` +
    `${bitsOf(info2, 7, 1) ? "HID" : ""}burst ${bitsOf(info2, 8, 8)} ` +
    `maxp ${bitsOf(info2, 16, 16)} deq ${hex(dequeue, 16)} ` +
    `avg trb len ${bitsOf(transfers, 0, 16)}`;
};

/** The functions of the driver for USB's host controllers. */
export const XHCI: KernelFunctions = {
  "xhci_ring_type_string(n)": named(u32, RINGS, "UNKNOWN"),
  "xhci_decode_trb(nnnn)|xhci_decode_trb(nnnnn)|xhci_decode_trb(annnnn)":
    requestBlock,
  "xhci_decode_ctrl_ctx(nn)|xhci_decode_ctrl_ctx(ann)": controlContext,
  "xhci_decode_slot_context(nnnn)|xhci_decode_slot_context(annnn)": slotContext,
  "xhci_decode_ep_context(nnnn)|xhci_decode_ep_context(annnn)": endpointContext,
  "xhci_decode_portsc(an)": ({ numbers: [value] }) => portStatus(u32(value)),
  "xhci_decode_portsc(n)": portRegister,
  "xhci_decode_doorbell(nn)|xhci_decode_doorbell(ann)": doorbell,
};
