// SPDX-License-Identifier: MIT
/**
 * The functions of NVMe's host and target. The words are those of the newest
 * kernels, which name more than older ones do. Source: the kernel's
 * drivers/nvme/host/trace.c and drivers/nvme/target/trace.c, with
 * include/linux/nvme.h.
 *
 * @module
 */
import { hexText } from "../print_pointer.ts";
import {
  hex,
  hex0x,
  type KernelFunction,
  type KernelFunctions,
  type NamesByNumber,
  u16,
  u8,
} from "./kernel_function.ts";

/** The bytes of a command from its word 10 on. */
const COMMAND_BYTES = 24;

/** Describes what is behind a command's opcode, in little-endian numbers. */
type Describe = (words: Words) => string;

/** Reads the words of a command from word 10 on. */
class Words {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, COMMAND_BYTES);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }
}

const or = (names: NamesByNumber, value: number) =>
  `${value}:${names[value] ?? "reserved"}`;

const ADMIN: Readonly<Record<number, Describe>> = {
  0x00: (w) => `sqid=${w.u16(0)}`,
  0x01: (w) =>
    `sqid=${w.u16(0)}, qsize=${w.u16(2)}, ` +
    `sq_flags=${hex0x(w.u16(4))}, cqid=${w.u16(6)}`,
  0x04: (w) => `cqid=${w.u16(0)}`,
  0x05: (w) =>
    `cqid=${w.u16(0)}, qsize=${w.u16(2)}, ` +
    `cq_flags=${hex0x(w.u16(4))}, irq_vector=${w.u16(6)}`,
  0x06: (w) => `cns=${w.bytes[0]}, ctrlid=${w.u16(2)}`,
  0x09: (w) =>
    `fid=${hex0x(w.bytes[0])}, sv=${hex0x(w.bytes[3] & 0x8)}, ` +
    `cdw11=${hex0x(w.u32(4))}`,
  0x0a: (w) =>
    `fid=${hex0x(w.bytes[0])}, sel=${hex0x(w.bytes[1] & 0x7)}, ` +
    `cdw11=${hex0x(w.u32(4))}`,
  0x80: ({ bytes: [a, b] }) =>
    `lbaf=${b & 0x30 | a & 0xf}, mset=${a >> 4 & 1}, pi=${a >> 5}, ` +
    `pil=${b & 1}, ses=${b >> 1 & 7}`,
  0x86: (w) =>
    `slba=${hex0x(w.u64(0))}, mndw=${hex0x(w.u32(8))}, ` +
    `rl=${hex0x(w.u16(12))}, atype=${w.bytes[15]}`,
};

/** The target decodes only these. */
const TARGET_ADMIN = [0x06, 0x09, 0x0a, 0x86];

const ZONE_ACTIONS: NamesByNumber = {
  0x01: "close zone",
  0x02: "finish zone",
  0x03: "open zone",
  0x04: "reset zone",
  0x05: "offline zone",
  0x10: "set zone descriptor extension",
};

const ZONE_REPORTS: NamesByNumber = {
  0x00: "list all zones",
  0x01: "list the zones in the ZSE: Empty state",
  0x02: "list the zones in the ZSIO: Implicitly Opened state",
  0x03: "list the zones in the ZSEO: Explicitly Opened state",
  0x04: "list the zones in the ZSC: Closed state",
  0x05: "list the zones in the ZSF: Full state",
  0x06: "list the zones in the ZSRO: Read Only state",
  0x07: "list the zones in the ZSO: Offline state",
  0x09: "list the zones that have the zone attribute",
};

const RESERVATIONS: NamesByNumber = {
  1: "write exclusive",
  2: "exclusive access",
  3: "write exclusive registrants only",
  4: "exclusive access registrants only",
  5: "write exclusive all registrants",
  6: "exclusive access all registrants",
};
const REGISTER = ["register", "unregister", "replace"];
const ACQUIRE = ["acquire", "preempt", "preempt and abort"];
const RELEASE = ["release", "clear"];

/** Makes the description of a reservation's command. */
function reservation(name: string, actions: NamesByNumber): Describe {
  return ({ bytes: [a, type] }) =>
    `${name}=${or(actions, a & 7)}, iekey=${a >> 3 & 1}, ` +
    `rtype=${or(RESERVATIONS, type)}`;
}

const transfer: Describe = (w) =>
  `slba=${w.u64(0)}, len=${w.u16(8)}, ctrl=${hex0x(w.u16(10))}, ` +
  `dsmgmt=${w.u32(12)}, reftag=${w.u32(16)}`;

const NVM: Readonly<Record<number, Describe>> = {
  0x01: transfer,
  0x02: transfer,
  0x08: transfer,
  0x09: (w) => `nr=${w.u32(0)}, attributes=${w.u32(4)}`,
  0x0d: ({ bytes }) =>
    `rrega=${or(REGISTER, bytes[0] & 7)}, ` +
    `iekey=${bytes[0] >> 3 & 1}, ptpl=${bytes[3] >> 6}`,
  0x0e: (w) => `numd=${w.u32(0)}, eds=${w.bytes[4] & 1}`,
  0x11: reservation("racqa", ACQUIRE),
  0x15: reservation("rrela", RELEASE),
  0x79: (w) =>
    `slba=${w.u64(0)}, zsa=${or(ZONE_ACTIONS, w.bytes[12])}, ` +
    `all=${w.bytes[13]}`,
  0x7a: (w) =>
    `slba=${w.u64(0)}, numd=${w.u32(8)}, zra=${w.bytes[12]}, ` +
    `zrasf=${or(ZONE_REPORTS, w.bytes[13])}, pr=${w.bytes[14]}`,
  0x7d: transfer,
};

/** Makes the description of an authentication's command. */
function authentication(length: string): Describe {
  return (w) =>
    `spsp0=${hex(w.bytes[1], 2)}, spsp1=${hex(w.bytes[2], 2)}, ` +
    `secp=${hex(w.bytes[3], 2)}, ${length}=${w.u32(4)}`;
}

const FABRICS: Readonly<Record<number, Describe>> = {
  0x00: (w) =>
    `attrib=${w.bytes[0]}, ofst=${hex0x(w.u32(4))}, ` +
    `value=${hex0x(w.u64(8))}`,
  0x01: (w) =>
    `recfmt=${w.u16(0)}, qid=${w.u16(2)}, sqsize=${w.u16(4)}, ` +
    `cattr=${w.bytes[6]}, kato=${w.u32(8)}`,
  0x04: (w) => `attrib=${w.bytes[0]}, ofst=${hex0x(w.u32(4))}`,
  0x05: authentication("tl"),
  0x06: authentication("al"),
};

/** Makes a function of an opcode and a command's words. */
function parsed(
  byCode: Readonly<Record<number, Describe>>,
  other: string,
): KernelFunction {
  return ({ numbers: [code], places: [place] }) => {
    if (place.length < COMMAND_BYTES) return null;
    const describe = byCode[u8(code)];
    return describe === undefined
      ? `${other}=${hexText(place, 0, COMMAND_BYTES, " ")}`
      : describe(new Words(place));
  };
}

const fabrics = parsed(FABRICS, "specific");
const commands = parsed(NVM, "cdw10");
const targetAdmin = Object.fromEntries(
  TARGET_ADMIN.map((code) => [code, ADMIN[code]]),
);

/** The functions of NVMe's host and target. */
export const NVME: KernelFunctions = {
  "nvme_trace_parse_admin_cmd(na)": parsed(ADMIN, "cdw10"),
  "nvme_trace_parse_nvm_cmd(na)|nvmet_trace_parse_nvm_cmd(na)": commands,
  "nvme_trace_parse_fabrics_cmd(na)|nvmet_trace_parse_fabrics_cmd(na)": fabrics,
  "nvmet_trace_parse_admin_cmd(na)": parsed(targetAdmin, "cdw10"),
  "nvmet_trace_ctrl_id(n)": ({ numbers: [id] }) =>
    u16(id) === 0 ? "_" : `${u16(id)}`,
};
