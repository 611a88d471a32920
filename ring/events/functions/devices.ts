// SPDX-License-Identifier: MIT
/**
 * Functions of drivers that have but one or two. Sources: the kernel's
 * drivers/usb/typec/ucsi/trace.c, drivers/thunderbolt/trace.h,
 * drivers/iommu/intel/iommu.h, include/sound/pcm.h.
 *
 * @module
 */
import {
  bitsOf,
  hex,
  hex0x,
  type KernelFunction,
  type KernelFunctions,
  named,
  reading,
  u32,
  u8,
} from "./kernel_function.ts";

/** The commands of USB Type-C's system software interface. */
const UCSI_COMMANDS = [
  "Unknown command",
  "PPM_RESET",
  "CANCEL",
  "CONNECTOR_RESET",
  "ACK_CC_CI",
  "SET_NOTIFICATION_ENABLE",
  "GET_CAPABILITY",
  "GET_CONNECTOR_CAPABILITY",
  "SET_UOM", // which Linux 7 calls SET_CCOM
  "SET_UOR",
  "SET_PDM",
  "SET_PDR",
  "GET_ALTERNATE_MODES",
  "GET_CAM_SUPPORTED",
  "GET_CURRENT_CAM",
  "SET_NEW_CAM",
  "GET_PDOS",
  "GET_CABLE_PROPERTY",
  "GET_CONNECTOR_STATUS",
  "GET_ERROR_STATUS",
];

const UCSI_RECIPIENTS = [
  "port",
  "partner",
  "plug (prime)",
  "plug (double prime)",
];

/** The types of Thunderbolt's packets whose fields are named. */
const READ = 1;
const WRITE = 2;
const ERROR = 3;
const EVENT = 5;
const FIRMWARE_FIRST = 10;
const FIRMWARE_LAST = 12;

function packetFields(view: DataView, type: number): string {
  const route = BigInt(bitsOf(view.getUint32(0, true), 0, 22)) << 32n |
    BigInt(view.getUint32(4, true));
  const text = `route=${hex(route)}, `;
  if (type > EVENT || type === 0 || type === ERROR + 1) return text;
  const word = view.getUint32(8, true);
  switch (type) {
    case READ:
    case WRITE:
      return `${text}offset=${hex0x(bitsOf(word, 0, 13))}, ` +
        `len=${bitsOf(word, 13, 6)}, port=${bitsOf(word, 19, 6)}, ` +
        `config=${hex0x(bitsOf(word, 25, 2))}, seq=${bitsOf(word, 27, 2)}, `;
    case ERROR:
      return `${text}error=${hex0x(bitsOf(word, 0, 8))}, ` +
        `port=${bitsOf(word, 8, 6)}, plug=${hex0x(bitsOf(word, 30, 2))}, `;
    default:
      return `${text}port=${bitsOf(word, 0, 6)}, ` +
        `unplug=${hex0x(bitsOf(word, 31, 1))}, `;
  }
}

/** Describes a packet of Thunderbolt. Its length is a number of words. */
const packet: KernelFunction = reading((view, { numbers }) => {
  const type = u8(numbers[0]);
  const count = Math.min(u32(numbers[1]), Math.floor(view.byteLength / 4));
  const words: string[] = [];
  for (let i = 0; i < count; i++) {
    words.push(`0x${hex(view.getUint32(4 * i, true), 8)}`);
  }
  const isFirmware = type >= FIRMWARE_FIRST && type <= FIRMWARE_LAST;
  const fields = isFirmware ? "route=0, " : packetFields(view, type);
  return `${fields}data=[${words.join(", ")}]`;
});

/** Describes a request for a page, by Intel's VT-d specification. */
const pageRequest: KernelFunction = ({ numbers }) => {
  const [a, b, c, d] = numbers.slice(-4).map((word) =>
    BigInt.asUintN(64, word)
  );
  const bits = (word: bigint, lowest: bigint, count: number) =>
    hex0x(BigInt.asUintN(count, word >> lowest));
  const flag = (word: bigint, bit: bigint, letter: string) =>
    (word >> bit & 1n) === 1n ? letter : "-";
  const flags = flag(b, 0n, "r") + flag(b, 1n, "w") + flag(a, 52n, "x") +
    flag(a, 53n, "p") + flag(b, 2n, "l");
  const text = `rid=${bits(a, 16n, 16)} addr=${bits(b, 12n, 52)} ${flags} ` +
    `pasid=${bits(a, 32n, 20)} index=${bits(b, 3n, 9)}`;
  const isPrivate = (a >> 9n & 1n) === 1n;
  return isPrivate ? `${text} private=${hex0x(c)}/${hex0x(d)}` : text;
};

/** Functions of drivers that have but one or two. */
export const DEVICES: KernelFunctions = {
  "ucsi_cmd_str(n)": named(u8, UCSI_COMMANDS, UCSI_COMMANDS[0]),
  "ucsi_recipient_str(n)": ({ numbers: [recipient] }) =>
    UCSI_RECIPIENTS[u8(recipient)] ?? null,
  "show_data(nan)": packet,
  "decode_prq_descriptor(nnnnn)|decode_prq_descriptor(annnnn)": pageRequest,
  "snd_pcm_direction_name(n)": ({ numbers: [direction] }) =>
    u32(direction) === 0 ? "Playback" : "Capture",
};
