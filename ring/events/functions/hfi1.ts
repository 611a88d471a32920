// SPDX-License-Identifier: MIT
/**
 * The functions of the driver for Omni-Path. `hfi1_trace_print_rsm_hist` is not
 * here, because it prints counters that only the kernel has. Source: the
 * kernel's drivers/infiniband/hw/hfi1/trace.c, with include/rdma/ib_hdrs.h,
 * ib_pack.h and tid_rdma_defs.h.
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

/** The layer-4 header of packets for management. */
const MANAGEMENT = 8;
const NUMBER_MASK = 0xff_ffff;

const bool = (value: bigint) => value === 0n ? 0 : 1;

const localRoute: KernelFunction = ({ numbers, texts: [name] }) => {
  const [bypass, age, becn, fecn, l4, lnh, version, rc, sc, sl, ...rest] =
    numbers;
  const [entropy, length, key, to, from] = rest;
  const route = `len:${length} sc:${sc} dlid:0x${hex(u32(to), 4)} ` +
    `slid:0x${hex(u32(from), 4)} `;
  return route +
    (bypass === 0n
      ? `lnh:${lnh},${name} lver:${version} sl:${sl}`
      : `age:${age} becn:${bool(becn)} fecn:${
        bool(fecn)
      } l4:${l4} rc:${rc} sc:${sc} ` +
        `pkey:0x${hex(u32(key), 4)} entropy:0x${hex(u32(entropy), 4)}`);
};

const transport: KernelFunction = ({ numbers, texts: [name] }) => {
  const [bypass, l4, ack, becn, fecn, mig, event, pad, code, ...rest] = numbers;
  const [version, key, sequence, queue, to, from] = rest;
  const operation = `op:0x${hex(u8(code), 2)},${name} `;
  if (bypass !== 0n && u8(l4) === MANAGEMENT) {
    return `${operation}dest_qpn:0x${hex(u32(to), 6)} ` +
      `src_qpn:0x${hex(u32(from), 6)}`;
  }
  const own = bypass === 0n
    ? `pkey:0x${hex(u32(key), 4)} f:${bool(fecn)} b:${bool(becn)} `
    : "";
  return `${operation}se:${event} m:${mig} pad:${pad} tver:${version} ${own}` +
    `qpn:0x${hex(u32(queue), 6)} a:${ack} psn:0x${hex(u32(sequence), 8)}`;
};

/** Describes one part of the headers behind the transport's header. */
type Describe = (view: DataView) => string;

const immediate = (at: number): Describe => (view) =>
  `imm:${view.getInt32(at)}`;

const remote = (at: number): Describe => (view) =>
  `reth vaddr:0x${hex(view.getBigUint64(at), 16)} ` +
  `rkey:0x${hex(view.getUint32(at + 8), 8)} ` +
  `dlen:0x${hex(view.getUint32(at + 12), 8)}`;

const SYNDROMES = ["ACK", "RNRNAK", "", "NAK"];

const acknowledged = (at: number): Describe => (view) => {
  const header = view.getUint32(at);
  const syndrome = header >>> 24;
  return `aeth syn:0x${hex(syndrome, 2)} ${SYNDROMES[syndrome >> 5] ?? ""} ` +
    `msn:0x${hex(header & NUMBER_MASK, 8)}`;
};

const datagram: Describe = (view) =>
  `deth qkey:0x${hex(view.getUint32(0), 8)} ` +
  `sqpn:0x${hex(view.getUint32(4) & NUMBER_MASK, 6)}`;

const entropy: Describe = (view) =>
  `entropy:0x${hex(view.getUint32(4) >>> 24, 2)}`;

/** The kernel does not swap the bytes of this key, unlike those of all others. */
const atomic: Describe = (view) =>
  `vaddr:0x${hex(view.getBigUint64(0))} ` +
  `rkey:0x${hex(view.getUint32(8, true), 8)} ` +
  `sdata:${hex(view.getBigUint64(12))} cdata:${hex(view.getBigUint64(20))}`;

const original: Describe = (view) => `origdata:${hex(view.getBigUint64(4))}`;
const invalidated: Describe = (view) =>
  `ieth rkey:0x${hex(view.getUint32(0), 8)}`;

const words: Describe = (view) =>
  `kdeth0 ${hex0x(view.getUint32(0, true))} ` +
  `kdeth1 ${hex0x(view.getUint32(4, true))}`;

const wordsInParts: Describe = (view) => {
  const first = view.getUint32(0, true);
  const second = view.getUint32(4, true);
  return `kdeth0 ${hex0x(first)}: kver ${bitsOf(first, 30, 2)} ` +
    `sh ${bitsOf(first, 29, 1)} intr ${bitsOf(first, 28, 1)} ` +
    `tidctrl ${bitsOf(first, 26, 2)} tid ${hex(bitsOf(first, 16, 10))} ` +
    `offset ${hex(bitsOf(first, 0, 15))} ` +
    `kdeth1 ${hex0x(second)}: jkey ${hex(bitsOf(second, 0, 8))}`;
};

/** Makes the description of numbers that stand at some places. */
function numbersAt(places: Readonly<Record<string, number>>): Describe {
  return (view) =>
    Object.entries(places)
      .map(([name, at]) => `${name} ${hex0x(view.getUint32(at))}`).join(" ");
}

const queueAtEnd = numbersAt({ verbs_qp: 32 });

/** The headers of each operation. */
const HEADERS: Readonly<Record<number, readonly Describe[]>> = {
  // Reliable connections.
  0x03: [immediate(0)],
  0x05: [immediate(0)],
  0x06: [remote(0)],
  0x09: [immediate(0)],
  0x0a: [remote(0)],
  0x0b: [remote(0), immediate(16)],
  0x0c: [remote(0)],
  0x0d: [acknowledged(0)],
  0x0f: [acknowledged(0)],
  0x10: [acknowledged(0)],
  0x11: [acknowledged(0)],
  0x12: [acknowledged(0), original],
  0x13: [atomic],
  0x14: [atomic],
  0x16: [invalidated],
  0x17: [invalidated],
  // Unreliable connections.
  0x23: [immediate(0)],
  0x25: [immediate(0)],
  0x26: [remote(0)],
  0x29: [immediate(0)],
  0x2a: [remote(0)],
  0x2b: [remote(0), immediate(16)],
  // Datagrams.
  0x64: [datagram, entropy],
  0x65: [datagram],
  // Operations on tokens, which only Omni-Path has.
  0xe0: [words, remote(8), numbersAt({ original_qp: 32 })],
  0xe1: [
    words,
    acknowledged(8),
    numbersAt({ tid_flow_psn: 24, tid_flow_qp: 28, verbs_qp: 32 }),
  ],
  0xe2: [wordsInParts, queueAtEnd],
  0xe3: [wordsInParts, queueAtEnd],
  0xe4: [
    words,
    remote(8),
    numbersAt({ tid_flow_psn: 24, tid_flow_qp: 28, verbs_qp: 32 }),
  ],
  0xe5: [wordsInParts, acknowledged(8), queueAtEnd],
  0xe6: [words, queueAtEnd],
  0xe7: [
    words,
    acknowledged(8),
    numbersAt({
      tid_flow_psn: 20,
      verbs_psn: 24,
      tid_flow_qp: 28,
      verbs_qp: 32,
    }),
  ],
};

const headers = reading((view, { numbers: [code, l4] }) => {
  if (u8(l4) === MANAGEMENT) return "mgmt pkt";
  const parts = HEADERS[u8(code)] ?? [];
  return parts.map((describe) => describe(view)).join(" ");
});

const descriptorFlags: KernelFunction = ({ numbers: [first, second] }) => {
  const is = (word: bigint, bit: bigint, letter: string) =>
    (word >> bit & 1n) === 1n ? letter : "-";
  const text = is(second, 1n, "I") + is(second, 0n, "H") +
    is(first, 63n, "F") + is(first, 62n, "L");
  if (is(first, 63n, "F") === "-") return text;
  const low = u32(second);
  return `${text} amode:${bitsOf(low, 13, 3)} aidx:${bitsOf(low, 8, 5)} ` +
    `alen:${bitsOf(low, 4, 4)}`;
};

const array: KernelFunction = ({ numbers: [count], places: [bytes] }) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const most = Math.min(
    Number(BigInt.asIntN(32, count)),
    Math.floor(bytes.length / 4),
  );
  const values: string[] = [];
  for (let i = 0; i < most; i++) {
    values.push(hex0x(view.getUint32(4 * i, true)));
  }
  return values.join(" ");
};

/** The functions of the driver for Omni-Path. */
export const HFI1: KernelFunctions = {
  "hfi1_trace_get_packet_l4_str(n)": ({ numbers: [l4] }) =>
    u8(l4) === 0 ? "9B" : "16B",
  "hfi1_trace_get_packet_l2_str(n)": named(u8, ["0", "1", "16B", "9B"], ""),
  "hfi1_trace_fmt_lrh(nnnnnntnnnnnnnnn)": localRoute,
  "hfi1_trace_fmt_rest(nnnnnnnnntnnnnnn)": transport,
  "parse_everbs_hdrs(nnnna)": headers,
  "parse_sdma_flags(nn)": descriptorFlags,
  "print_u32_array(an)": array,
};
