// SPDX-License-Identifier: MIT
/**
 * Checks that the reader in C prints what ivring_reader does, because a race
 * between two that do different work proves nothing.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { type Format, FullRing, jsonTexts, oursArgs } from "./read_rings.ts";
import type { Tools } from "./read_tools.ts";

const REGION_BYTES = 1 << 20;
const SIZES = [16, 64, 1000];

/** The result of the comparison. */
export interface Same {
  /** The formats whose bytes differ, if any. */
  readonly different: readonly Format[];
  /** A line of ivring_reader's JSON, and the object that it is of. */
  readonly line: string;
  readonly name: string;
}

/**
 * Compares all formats on small rings.
 *
 * @throws {Error} if a reader fails.
 */
export function compareOutputs(tools: Tools, folder: string): Same {
  const different = new Set<Format>();
  let line = "", name = "";
  for (const sizeBytes of SIZES) {
    using ring = new FullRing(tools, REGION_BYTES, sizeBytes);
    const ours = (format: Format) => output(ours_(format));
    const ours_ = (format: Format) =>
      tools.ours(oursArgs(ring.name, format, ""));
    const theirs = (format: Format, ...texts: string[]) =>
      output([tools.reader, ring.path, "once", format, ...texts]);
    const check = (format: Format, a: Uint8Array, b: Uint8Array) => {
      if (!equal(a, b)) different.add(format);
    };
    check("text", ours("text"), theirs("text"));
    check("time", ours("time"), theirs("time"));
    const json = ours("json");
    line = new TextDecoder().decode(json.subarray(0, json.indexOf(10)));
    name = ring.name;
    check("json", json, theirs("json", ...jsonTexts(line, name, name)));
    const trace = `${folder}/trace-${sizeBytes}`;
    output(tools.ours(oursArgs(ring.name, "record", trace)));
    check("record", Deno.readFileSync(firstRing(trace)), theirs("record"));
  }
  return { different: [...different], line, name };
}

/** Returns the standard output of a program. */
function output([program, ...args]: readonly string[]): Uint8Array {
  const { success, stdout, stderr } = new Deno.Command(program, {
    args,
    cwd: ROOT,
    stdin: "null",
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return stdout;
}

/** Finds the stream of ring 0, wherever it is in the trace. */
function firstRing(folder: string): string {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.name === "ring-0") return path;
    if (entry.isDirectory) {
      const found = firstRing(path);
      if (found !== "") return found;
    }
  }
  return "";
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
