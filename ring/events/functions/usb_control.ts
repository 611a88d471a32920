// SPDX-License-Identifier: MIT
/**
 * Describes USB's control requests. Source: the kernel's
 * drivers/usb/common/debug.c, with include/uapi/linux/usb/ch9.h.
 *
 * @module
 */
import {
  hex,
  type KernelFunction,
  type KernelFunctions,
  type NamesByNumber,
  u16,
  u8,
} from "./kernel_function.ts";

/** A request: what its fields are called in USB's specification. */
interface Request {
  readonly bmRequestType: number;
  readonly bRequest: number;
  readonly wValue: number;
  readonly wIndex: number;
  readonly wLength: number;
}

const IN = 0x80;
const TYPE_MASK = 0x60;
const TYPES: NamesByNumber = {
  0x00: "Standard",
  0x20: "Class",
  0x40: "Vendor",
};
const RECIPIENTS = ["Device", "Interface", "Endpoint"];

const DEVICE_FEATURES: NamesByNumber = {
  0: "Self Powered",
  1: "Remote Wakeup",
  2: "Test Mode",
  48: "U1 Enable",
  49: "U2 Enable",
  50: "LTM Enable",
};
const TEST_MODE = 2;
const TESTS: NamesByNumber = {
  1: "TEST_J",
  2: "TEST_K",
  3: "TEST_SE0_NAK",
  4: "TEST_PACKET",
  5: "TEST_FORCE_EN",
};

const DESCRIPTORS: NamesByNumber = {
  0x01: "Device",
  0x02: "Configuration",
  0x03: "String",
  0x04: "Interface",
  0x05: "Endpoint",
  0x06: "Device Qualifier",
  0x07: "Other Speed Config",
  0x08: "Interface Power",
  0x09: "OTG",
  0x0a: "Debug",
  0x0b: "Interface Association",
  0x0f: "BOS",
  0x10: "Device Capability",
  0x24: "Pipe Usage",
  0x30: "SS Endpoint Companion",
  0x31: "SSP Isochronous Endpoint Companion",
};

const endpoint = (index: number) =>
  `ep${index & ~IN}${index & IN ? "in" : "out"}`;

const recipientOf = ({ bmRequestType }: Request) => bmRequestType & 0x1f;

/** @returns Null if the kernel prints what was in its buffer before. */
function status(request: Request): string | null {
  const { wIndex, wLength } = request;
  switch (recipientOf(request)) {
    case 0:
      return `Get Device Status(Length = ${wLength})`;
    case 1:
      return `Get Interface Status(Intf = ${wIndex}, Length = ${wLength})`;
    case 2:
      return `Get Endpoint Status(${endpoint(wIndex)})`;
    default:
      return null;
  }
}

/** Makes the description of a request that sets or clears a feature. */
function feature(verb: string): (request: Request) => string | null {
  return (request) => {
    const { wValue, wIndex } = request;
    switch (recipientOf(request)) {
      case 0: {
        const name = DEVICE_FEATURES[wValue] ?? "UNKNOWN";
        const test = wValue === TEST_MODE
          ? `: ${TESTS[wIndex] ?? "UNKNOWN"}`
          : "";
        return `${verb} Device Feature(${name}${test})`;
      }
      case 1: {
        const name = wValue === 0 ? "Function Suspend" : "UNKNOWN";
        return `${verb} Interface Feature(${name})`;
      }
      case 2: {
        const name = wValue === 0 ? "Halt" : "UNKNOWN";
        return `${verb} Endpoint Feature(${name} ${endpoint(wIndex)})`;
      }
      default:
        return null;
    }
  };
}

/** Makes the description of a request that gets or sets a descriptor. */
function descriptor(verb: string): (request: Request) => string {
  return ({ wValue, wLength }) =>
    `${verb} ${DESCRIPTORS[wValue >> 8] ?? "UNKNOWN"} ` +
    `Descriptor(Index = ${wValue & 0xff}, Length = ${wLength})`;
}

const STANDARD: Readonly<
  Record<number, (request: Request) => string | null>
> = {
  0x00: status,
  0x01: feature("Clear"),
  0x03: feature("Set"),
  0x05: ({ wValue }) => `Set Address(Addr = ${hex(wValue, 2)})`,
  0x06: descriptor("Get"),
  0x07: descriptor("Set"),
  0x08: ({ wLength }) => `Get Configuration(Length = ${wLength})`,
  0x09: ({ wValue }) => `Set Configuration(Config = ${wValue & 0xff})`,
  0x0a: ({ wIndex, wLength }) =>
    `Get Interface(Intf = ${wIndex}, Length = ${wLength})`,
  0x0b: ({ wIndex, wValue }) =>
    `Set Interface(Intf = ${wIndex}, Alt.Setting = ${wValue & 0xff})`,
  0x0c: ({ wIndex, wLength }) =>
    `Synch Frame(Endpoint = ${wIndex}, Length = ${wLength})`,
  0x30: ({ wLength }) => `Set SEL(Length = ${wLength})`,
  0x31: ({ wValue }) => `Set Isochronous Delay(Delay = ${wValue & 0xff} ns)`,
};

function generic(request: Request): string {
  const { bmRequestType: kind, bRequest, wValue, wIndex, wLength } = request;
  return `Type=${TYPES[kind & TYPE_MASK] ?? "Unknown"} ` +
    `Recipient=${RECIPIENTS[recipientOf(request)] ?? "Unknown"} ` +
    `Dir=${kind & IN ? "IN" : "OUT"} bRequest=${bRequest} ` +
    `wValue=${wValue} wIndex=${wIndex} wLength=${wLength}`;
}

const control: KernelFunction = ({ numbers }) => {
  const [kind, code, ...words] = numbers.slice(-5);
  const [wValue, wIndex, wLength] = words.map(u16);
  const request: Request = {
    bmRequestType: u8(kind),
    bRequest: u8(code),
    wValue,
    wIndex,
    wLength,
  };
  const isStandard = (request.bmRequestType & TYPE_MASK) === 0;
  const describe = isStandard ? STANDARD[request.bRequest] : undefined;
  return (describe ?? generic)(request);
};

/** The description of USB's control requests; the first number is a size. */
export const USB_CONTROL: KernelFunctions = {
  "usb_decode_ctrl(nnnnnn)|usb_decode_ctrl(annnnnn)": control,
};
