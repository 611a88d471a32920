// SPDX-License-Identifier: MIT
/**
 * Prints bytes as the kernel's `%p` extensions do: addresses, identifiers, hex.
 *
 * Source: the kernel's Documentation/core-api/printk-formats.rst.
 *
 * @module
 */

/** Bytes that a conversion prints. */
export interface Pointed {
  /** At least `count` bytes from `offset` on. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** How many bytes of the record there are from `offset` on. */
  readonly count: number;
}

type Print = (pointed: Pointed, extension: string, width: number) => string;

const hexByte = (byte: number) => byte.toString(16).padStart(2, "0");

/** The most bytes that `%*ph` prints. */
const HEX_MAX = 64;
const SEPARATORS: Readonly<Record<string, string>> = { C: ":", D: "-", N: "" };

/** Returns some bytes as hex digits. */
export function hexText(
  bytes: Uint8Array,
  offset: number,
  count: number,
  separator: string,
): string {
  const digits: string[] = [];
  for (let i = 0; i < count; i++) digits.push(hexByte(bytes[offset + i]));
  return digits.join(separator);
}

/** `%*ph`, whose width is a count of bytes. */
const hex: Print = ({ bytes, offset, count }, extension, width) => {
  const shown = Math.min(width, HEX_MAX, count);
  return hexText(bytes, offset, shown, SEPARATORS[extension[1]] ?? " ");
};

/** `%pM`, `%pMF`, `%pMR`, `%pm`, `%pmR`. */
const mac: Print = ({ bytes, offset }, extension) => {
  const six = bytes.slice(offset, offset + 6);
  if (extension[1] === "R") six.reverse();
  const separator = extension[1] === "F" ? "-" : ":";
  return hexText(six, 0, 6, extension[0] === "m" ? "" : separator);
};

/** The order of a UUID's bytes, big-endian and as Microsoft's GUID. */
const BIG = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const LITTLE = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** `%pU`, `%pUb`, `%pUB`, `%pUl`, `%pUL`. */
const uuid: Print = ({ bytes, offset }, extension) => {
  const order = /^U[lL]/.test(extension) ? LITTLE : BIG;
  const digits = order.map((i) => hexByte(bytes[offset + i])).join("");
  const text = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]]
    .map(([from, to]) => digits.slice(from, to)).join("-");
  return /^U[LB]/.test(extension) ? text.toUpperCase() : text;
};

function ipv4(
  bytes: Uint8Array,
  offset: number,
  leadingZeros: boolean,
  order: string,
): string {
  const four = [...bytes.subarray(offset, offset + 4)];
  // The guest is little-endian: in host order the lowest byte comes first.
  if (order === "h" || order === "l") four.reverse();
  return four.map((byte) => String(byte).padStart(leadingZeros ? 3 : 0, "0"))
    .join(".");
}

const groupsOf = (bytes: Uint8Array, offset: number) =>
  Array.from(
    { length: 8 },
    (_, i) => bytes[offset + 2 * i] << 8 | bytes[offset + 2 * i + 1],
  );

/** Where the longest run of zeros is; it has at least two. */
function longestZeros(groups: readonly number[]): [from: number, to: number] {
  let best: [number, number] = [0, 0];
  for (let from = 0; from < groups.length; from++) {
    let to = from;
    while (groups[to] === 0) to++;
    if (to - from > Math.max(1, best[1] - best[0])) best = [from, to];
    from = to;
  }
  return best;
}

/** Returns an address in its short form, as `%pI6c` prints it. */
function compressed(bytes: Uint8Array, offset: number): string {
  const groups = groupsOf(bytes, offset);
  const isMapped = groups.slice(0, 5).every((each) => each === 0) &&
    groups[5] === 0xffff;
  const isIsatap = (groups[4] | 0x0200) === 0x0200 && groups[5] === 0x5efe;
  const hasIpv4 = isMapped || isIsatap;
  const shown = hasIpv4 ? groups.slice(0, 6) : groups;
  const [from, to] = longestZeros(shown);
  const text = (part: readonly number[]) =>
    part.map((group) => group.toString(16)).join(":");
  let whole = to === from
    ? text(shown)
    : `${text(shown.slice(0, from))}::${text(shown.slice(to))}`;
  if (hasIpv4) {
    if (!whole.endsWith(":")) whole += ":";
    whole += ipv4(bytes, offset + 12, false, "");
  }
  return whole;
}

function ipv6(bytes: Uint8Array, offset: number, separator: string): string {
  return groupsOf(bytes, offset).map((group) =>
    group.toString(16).padStart(4, "0")
  ).join(separator);
}

/** `%pI4` and `%pi4` with an order, `%pI6`, `%pI6c`, `%pi6`. */
const internet: Print = ({ bytes, offset }, extension) => {
  const plain = extension[0] === "i";
  if (extension[1] === "4") {
    return ipv4(bytes, offset, plain, extension[2] ?? "");
  }
  return !plain && extension[2] === "c"
    ? compressed(bytes, offset)
    : ipv6(bytes, offset, plain ? "" : ":");
};

const INET = 2;
const INET6 = 10;
const SOCKADDR_IN_BYTES = 8;
const SOCKADDR_IN6_BYTES = 28;

/** `%pIS` and `%piS`, with any of `p`, `f`, `s` and `c`. */
const socket: Print = ({ bytes, offset, count }, extension) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const family = count < 2 ? 0 : view.getUint16(offset, true);
  const plain = extension[0] === "i";
  const has = (letter: string) => extension.slice(2).includes(letter);
  if (family === INET && count >= SOCKADDR_IN_BYTES) {
    const port = has("p") ? `:${view.getUint16(offset + 2)}` : "";
    const order = /[hlnb]/.exec(extension.slice(2))?.[0] ?? "";
    return ipv4(bytes, offset + 4, plain, order) + port;
  }
  if (family !== INET6 || count < SOCKADDR_IN6_BYTES) return "(einval)";
  const at = offset + 8;
  let text = !plain && has("c")
    ? compressed(bytes, at)
    : ipv6(bytes, at, plain ? "" : ":");
  if (has("p") || has("f") || has("s")) text = `[${text}]`;
  if (has("p")) text += `:${view.getUint16(offset + 2)}`;
  if (has("f")) text += `/${view.getUint32(offset + 4) & 0x0fffffff}`;
  if (has("s")) text += `%${view.getUint32(offset + 24, true)}`;
  return text;
};

/** `%pa`, `%pad`, `%pap`: an address of 64 bits. */
const address: Print = ({ bytes, offset }) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const value = view.getBigUint64(offset, true);
  return `0x${value.toString(16).padStart(16, "0")}`;
};

const bitOf = ({ bytes, offset }: Pointed, bit: number) =>
  bytes[offset + (bit >>> 3)] >> (bit & 7) & 1;

/** `%*pb` and `%*pbl`, whose width is a count of bits. */
const bits: Print = (pointed, extension, width) => {
  const count = Math.min(width, pointed.count * 8);
  return extension[1] === "l"
    ? bitList(pointed, count)
    : bitmaskText(pointed.bytes, pointed.offset, count);
};

function bitList(pointed: Pointed, count: number): string {
  const ranges: string[] = [];
  for (let bit = 0; bit < count; bit++) {
    if (bitOf(pointed, bit) === 0) continue;
    const first = bit;
    while (bit + 1 < count && bitOf(pointed, bit + 1) === 1) bit++;
    ranges.push(first === bit ? `${bit}` : `${first}-${bit}`);
  }
  return ranges.join(",");
}

/** Returns a bitmap as groups of 32 bits, the highest first, as `%*pb` does. */
export function bitmaskText(
  bytes: Uint8Array,
  offset: number,
  count: number,
): string {
  const groups: string[] = [];
  for (let bit = 0; bit < count; bit += 32) {
    const size = Math.min(32, count - bit);
    let value = 0;
    for (let i = 0; i < Math.ceil(size / 8); i++) {
      value += bytes[offset + bit / 8 + i] * 2 ** (8 * i);
    }
    value %= 2 ** size;
    groups.push(value.toString(16).padStart(Math.ceil(size / 4), "0"));
  }
  return groups.reverse().join(",");
}

interface Extension {
  readonly pattern: RegExp;
  /** How many bytes it reads; 0 if the record says how many. */
  readonly bytes: number;
  readonly print: Print;
}

const EXTENSIONS: readonly Extension[] = [
  { pattern: /^h[CDN]?$/, bytes: 0, print: hex },
  { pattern: /^[Mm]/, bytes: 6, print: mac },
  { pattern: /^U/, bytes: 16, print: uuid },
  { pattern: /^[Ii]4/, bytes: 4, print: internet },
  { pattern: /^[Ii]6/, bytes: 16, print: internet },
  { pattern: /^[Ii]S/, bytes: 0, print: socket },
  { pattern: /^a/, bytes: 8, print: address },
  { pattern: /^b/, bytes: 0, print: bits },
];

/** Whether an extension prints the symbol of an address, and its offset. */
export function symbolExtension(extension: string): "name" | "place" | null {
  if (/^[SFB]/.test(extension)) return "place";
  return /^[sf]/.test(extension) ? "name" : null;
}

/** Tells whether an extension prints what is at an address. */
export function needsMemory(extension: string): boolean {
  return extension !== "" && !/^[SsFfBKx]/.test(extension);
}

/**
 * Returns what an extension prints of bytes in a record.
 *
 * @param width What stands before the `p`; 0 if nothing does.
 * @returns Null if there is no such extension, or if the record is too short.
 */
export function pointedText(
  pointed: Pointed,
  extension: string,
  width: number,
): string | null {
  const found = EXTENSIONS.find(({ pattern }) => pattern.test(extension));
  if (found === undefined || pointed.count < found.bytes) return null;
  return found.print(pointed, extension, width);
}

/** Tells whether an extension's width is no width, but a count. */
export function countsByWidth(extension: string): boolean {
  return /^[hb]/.test(extension);
}
