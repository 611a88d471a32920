// SPDX-License-Identifier: MIT
/**
 * Parses format texts for the oracle, which shares no code with the reader.
 *
 * @module
 */
import { splitAtCommas } from "./c_words.ts";

/** A field's line. */
export interface KernelField {
  readonly name: string;
  /** Its type, without attributes, and without the number of an array. */
  readonly type: string;
  readonly where: "fixed" | "__data_loc" | "__rel_loc";
  /** How many elements an array has, 0 if that is not a plain number. */
  readonly count: number | null;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
}

/** A format text, taken apart. */
export interface KernelFormat {
  readonly id: number;
  readonly fields: readonly KernelField[];
  /** The format string as it stands in C: one or more literals. */
  readonly format: string;
  /** The arguments as they stand in C. */
  readonly args: readonly string[];
  /** The end of the last field, in bytes. */
  readonly fixedBytes: number;
}

const FIELD =
  /^\tfield:(.*);\toffset:(\d+);\tsize:(\d+);(?:\tsigned:([01]);)?$/gm;
const ATTRIBUTE = /\s*__attribute__\(\((?:[^()]|\([^()]*\))*\)\)/g;
const DECLARATION = /^(.*?)\s*([A-Za-z_]\w*)\s*(\[.*\])?$/;

/** @throws {Error} if there is no number or no print format. */
export function parseKernelFormat(text: string): KernelFormat {
  const id = /^ID: (\d+)$/m.exec(text)?.[1];
  const print = /^print fmt: ([^]*)$/m.exec(text)?.[1];
  if (id === undefined || print === undefined) throw new Error("no format");
  const fields = [...text.matchAll(FIELD)].map(fieldOf);
  // Some events of the kernel print nothing.
  const [format, ...args] = splitAtCommas(print.trim() || '""');
  const fixedBytes = Math.max(...fields.map((f) => f.offset + f.size));
  return { id: Number(id), fields, format, args, fixedBytes };
}

function fieldOf(
  [, declared, offset, size, signed]: RegExpMatchArray,
): KernelField {
  const plain = declared.replaceAll(ATTRIBUTE, "");
  const where = /^(__data_loc|__rel_loc) /.exec(plain)?.[1];
  let rest = where === undefined ? plain : plain.slice(where.length + 1);
  if (where !== undefined) rest = rest.replace(/\[\]/, " ");
  const match = DECLARATION.exec(rest);
  if (match === null) throw new Error(`no field: ${declared}`);
  const [, type, name, brackets] = match;
  return {
    name,
    type: type.trim(),
    where: where === "__data_loc" || where === "__rel_loc" ? where : "fixed",
    count: brackets === undefined ? null : Number(brackets.slice(1, -1)) || 0,
    offset: Number(offset),
    size: Number(size),
    signed: signed === "1",
  };
}
