// SPDX-License-Identifier: MIT
/**
 * The functions of the driver for Mellanox's network cards. `parse_fs_dst` is
 * not here, because its numbers are others in each release. Source: the
 * kernel's drivers/net/ethernet/mellanox/mlx5/core/diag/fs_tracepoint.c and
 * en_tc_tracepoint.c, with include/linux/mlx5/mlx5_ifc.h.
 *
 * @module
 */
import { hexText, pointedText } from "../print_pointer.ts";
import {
  hex,
  type KernelFunction,
  type KernelFunctions,
  u32,
  u8,
} from "./kernel_function.ts";

/** Each block of headers that rules match has this size. */
const HEADERS_BYTES = 64;

/** A mask, and the values that are compared where it has ones. */
interface Match {
  readonly mask: Uint8Array;
  readonly value: Uint8Array;
}

/** Returns up to 24 bits, counted from the highest of the first byte on. */
function bitsAt(bytes: Uint8Array, from: number, count: number): number {
  const first = from >> 3;
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 256 + (bytes[first + i] ?? 0);
  return (value >>> (32 - (from & 7) - count)) & (2 ** count - 1);
}

/** A field: its name, its first bit, how many it has, and its format. */
type Field = readonly [
  name: string,
  from: number,
  count: number,
  format?: "x" | "x2" | "x4",
];

function fieldText({ mask, value }: Match, field: Field): string {
  const [name, from, count, format] = field;
  if (bitsAt(mask, from, count) === 0) return "";
  const number = bitsAt(value, from, count);
  const digits = format === undefined
    ? `${number}`
    : hex(number, Number(format.slice(1) || 1));
  return `${name}=${digits} `;
}

const MAC_BYTES = 6;

/** The kernel's text has only some bytes of such an address, and swaps them. */
function macText({ mask, value }: Match, name: string, at: number): string {
  const isUsed = mask.subarray(at, at + MAC_BYTES).some((byte) => byte !== 0);
  return isUsed ? `${name}=${hexText(value, at, MAC_BYTES, ":")} ` : "";
}

const ETHERTYPE: Field = ["ethertype", 48, 16, "x4"];
const IP_VERSION: Field = ["ip_version", 147, 4];
const ETHERTYPES: Readonly<Record<number, number>> = { 4: 0x0800, 6: 0x86dd };

/** Tells whether a rule matches packets of one version of IP only. */
function isVersion({ mask, value }: Match, version: number): boolean {
  const [, type, typeBits] = ETHERTYPE;
  const [, at, bits] = IP_VERSION;
  return bitsAt(mask, type, typeBits) === 0xffff &&
      bitsAt(value, type, typeBits) === ETHERTYPES[version] ||
    bitsAt(mask, at, bits) === 0xf && bitsAt(value, at, bits) === version;
}

const SOURCE = 32;
const DESTINATION = 48;

function addressText(
  { mask, value }: Match,
  name: string,
  at: number,
  isIpv4: boolean,
): string {
  const offset = isIpv4 ? at + 12 : at;
  const masked = mask.subarray(offset, at + 16);
  const isUsed = isIpv4
    ? masked.some((byte) => byte !== 0)
    : masked.every((byte) => byte === 0xff);
  if (!isUsed) return "";
  const pointed = { bytes: value, offset, count: masked.length };
  const text = pointedText(pointed, isIpv4 ? "I4" : "I6", 0);
  return `${name}${isIpv4 ? "_ipv4" : "_ipv6"}=${text} `;
}

function addressesText(match: Match): string {
  const isIpv4 = isVersion(match, 4);
  if (!isIpv4 && !isVersion(match, 6)) return "";
  return addressText(match, "src", SOURCE, isIpv4) +
    addressText(match, "dst", DESTINATION, isIpv4);
}

const PACKET_FIELDS: readonly Field[] = [
  ["ip_protocol", 128, 8, "x2"],
  ["tcp_flags", 151, 9, "x"],
  ["tcp_sport", 160, 16],
  ["tcp_dport", 176, 16],
  ["udp_sport", 224, 16],
  ["udp_dport", 240, 16],
  ["first_vid", 116, 12, "x4"],
  ["first_prio", 112, 3, "x"],
  ["first_cfi", 115, 1],
  ["ip_dscp", 136, 6, "x2"],
  ["ip_ecn", 142, 2, "x"],
  ["cvlan_tag", 144, 1],
  ["svlan_tag", 145, 1],
  ["frag", 146, 1],
];

function packetText(match: Match): string {
  return macText(match, "smac", 0) + macText(match, "dmac", 8) +
    fieldText(match, ETHERTYPE) + addressesText(match) +
    PACKET_FIELDS.map((field) => fieldText(match, field)).join("");
}

const OTHER_FIELDS: readonly Field[] = [
  ["source_sqn", 8, 24],
  ["source_port", 48, 16],
  ["outer_second_prio", 64, 3],
  ["outer_second_cfi", 67, 1],
  ["outer_second_vid", 68, 12],
  ["inner_second_prio", 80, 3],
  ["inner_second_cfi", 83, 1],
  ["inner_second_vid", 84, 12],
  ["outer_second_cvlan_tag", 96, 1],
  ["inner_second_cvlan_tag", 97, 1],
  ["outer_second_svlan_tag", 98, 1],
  ["inner_second_svlan_tag", 99, 1],
  ["gre_protocol", 112, 16],
  ["vxlan_vni", 160, 24],
  ["outer_ipv6_flow_label", 236, 20, "x"],
  ["inner_ipv6_flow_label", 268, 20, "x"],
];
const GRE_KEY = 16;

function otherText(match: Match): string {
  const key = ({ buffer, byteOffset }: Uint8Array) =>
    new DataView(buffer, byteOffset + GRE_KEY).getUint32(0);
  const gre = key(match.mask) === 0 ? "" : `gre_key=${key(match.value)} `;
  return gre + OTHER_FIELDS.map((field) => fieldText(match, field)).join("");
}

const headers: KernelFunction = ({ numbers: [enabled], places }) => {
  if (places.some(({ length }) => length < HEADERS_BYTES)) return null;
  const uses = u8(enabled);
  const match = (i: number): Match => ({
    mask: places[i],
    value: places[i + 3],
  });
  return (uses & 1 ? `[outer] ${packetText(match(0))}` : "") +
    (uses & 2 ? `[misc] ${otherText(match(1))}` : "") +
    (uses & 4 ? `[inner] ${packetText(match(2))}` : "");
};

/** The actions whose numbers are the same since Linux 5.10. */
const ACTIONS = [
  "ACCEPT",
  "DROP",
  "TRAP",
  "GOTO",
  "REDIRECT",
  "MIRRED",
  "",
  "",
  "VLAN_PUSH",
  "VLAN_POP",
  "VLAN_MANGLE",
  "TUNNEL_ENCAP",
  "TUNNEL_DECAP",
  "MANGLE",
  "ADD",
  "CSUM",
  "MARK",
  "",
  "",
];

const actions: KernelFunction = ({ numbers: [count], places: [bytes] }) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const most = Math.min(u32(count), Math.floor(bytes.length / 4));
  let text = "";
  for (let i = 0; i < most; i++) {
    const name = ACTIONS[view.getUint32(4 * i, true)];
    if (name === undefined) return null;
    text += `${name} `;
  }
  return text;
};

/** The functions of the driver for Mellanox's network cards. */
export const MLX5: KernelFunctions = {
  "parse_fs_hdrs(naaaaaa)": headers,
  "parse_action(an)": actions,
};
