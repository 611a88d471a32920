// SPDX-License-Identifier: MIT
/**
 * Chooses the formats of the fixture: `deno task oracle -- --choose FOLDER...`
 * writes it again. Few formats are to have all that any has.
 *
 * @module
 */
import { callsIn, closing, type CWord, wordsOf } from "./c_words.ts";
import type { FormatFile } from "./format_files.ts";
import { parseKernelFormat } from "./kernel_fields.ts";

const CONVERSION =
  /%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?(?:hh|h|ll|[lLztjq])?(?:p\w*|[a-zA-Z%])/g;
/** How many formats should have each construct, if there are as many. */
const TIMES = 2;

/** Returns what a format consists of, so that it can be compared with others. */
export function constructsOf(file: FormatFile): Set<string> {
  const { format, args, fields } = parseKernelFormat(file.text);
  const found = new Set<string>();
  for (const [conversion] of format.matchAll(CONVERSION)) found.add(conversion);
  for (const [escape] of format.matchAll(/\\./g)) found.add(`format ${escape}`);
  for (const { type, where, count, size, signed } of fields) {
    const plain = type.replace(/\b(struct|union|enum) \w+/, "$1")
      .replace(/^\w+_t$/, "typedef");
    found.add(`${where} ${plain} ${count === null ? size : "[]"} ${signed}`);
  }
  for (const arg of args) {
    for (const call of callsIn(arg)) {
      found.add(nameOf(call.name));
      for (const inner of call.args.flatMap(callsIn)) {
        found.add(`${nameOf(call.name)}(${nameOf(inner.name)})`);
      }
    }
    const words = wordsOf(arg);
    words.forEach(({ kind, text }, i) => {
      const before = words[i - 1];
      const isUnary = before?.kind === "other" &&
        !/^([)\]]|\d.*)$/.test(before.text);
      if (kind === "other") {
        found.add((isUnary ? "unary " : "") + shapeOf(text));
      }
      if (text === "(" && before?.kind !== "name") found.add(castAt(words, i));
    });
  }
  found.delete("");
  return found;
}

/** Returns a function's name; the same for all that only the kernel knows. */
function nameOf(name: string): string {
  return name.startsWith("__") || /^(sizeof|typeof|switch|if)$/.test(name)
    ? `${name}()`
    : "hidden()";
}

/** Returns the cast that begins at a bracket, or "". */
function castAt(words: readonly CWord[], open: number): string {
  const end = closing(words, open);
  const inner = words.slice(open + 1, end);
  const isType = inner.length > 0 &&
    inner.every(({ kind, text }) => kind === "name" || text === "*");
  const next = words[end + 1];
  const isCast = isType && next !== undefined &&
    (next.kind === "name" || /^[\d('~-]/.test(next.text));
  return isCast ? `(${inner.map(({ text }) => text).join(" ")})` : "";
}

/** Returns what is special in a number, a character or a sign. */
function shapeOf(word: string): string {
  if (word[0] === "'") return word.length === 3 ? "'c'" : word;
  if (!/^\d/.test(word)) return word;
  const suffix = /[uUlL]*$/.exec(word)![0];
  const kind = /^0[xX]/.test(word) ? "0x" : /^0\d/.test(word) ? "0" : "";
  return `${kind}number ${suffix} ${word.length > 10 ? "long" : ""}`;
}

/**
 * Chooses formats which together have every construct, small ones first.
 *
 * @param textBytesMax How long their texts may be altogether.
 */
export function chooseFormats(
  files: readonly FormatFile[],
  textBytesMax: number,
): FormatFile[] {
  const left = files.map((file) => ({ file, parts: constructsOf(file) }));
  const counts = new Map<string, number>();
  const chosen: FormatFile[] = [];
  let bytes = 0;
  for (;;) {
    let best = -1;
    let bestValue = 0;
    left.forEach(({ file, parts }, i) => {
      if (bytes + file.text.length > textBytesMax) return;
      let gain = 0;
      for (const part of parts) {
        const there = counts.get(part) ?? 0;
        if (there < TIMES) gain += there === 0 ? 4 : 1;
      }
      const value = gain / (200 + file.text.length);
      if (value <= bestValue) return;
      best = i;
      bestValue = value;
    });
    if (best < 0) return chosen;
    const [{ file, parts }] = left.splice(best, 1);
    for (const part of parts) counts.set(part, (counts.get(part) ?? 0) + 1);
    bytes += file.text.length;
    chosen.push(file);
  }
}
