// SPDX-License-Identifier: MIT
/**
 * An example of the library in `ring/`: prints the records that a copy of a
 * region holds, each on one line, with its ring, its sequence and its time.
 *
 *     cp /dev/shm/vm1 vm1.ring
 *     deno run --allow-read examples/read_image.ts vm1.ring
 *     node examples/read_image.ts vm1.ring
 *
 * Node.js runs it as it is from 22.18 on; docs/how-to/library.md says how older
 * releases do. It imports only what both have.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import {
  type RecordContent,
  RecordReader,
  type RecordView,
  type RegionInfo,
  ticksOf,
} from "../ring/mod.ts";

/** Control characters, and what else could change what a terminal shows. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;
const NS_PER_S = 1_000_000_000;
const US_PER_S = 1_000_000n;

/** Makes one harmless line of a text that a guest has chosen. */
function safeLine(text: string): string {
  return text.replace(/\n$/, "").replace(
    UNSAFE,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** Returns seconds of the guest's clock, with six digits behind the point. */
function timeOf(record: RecordView, { clockHz }: RegionInfo): string {
  const us = ticksOf(record) * US_PER_S / BigInt(clockHz || NS_PER_S);
  return `${us / US_PER_S}.${String(us % US_PER_S).padStart(6, "0")}`;
}

/** Returns what is printed of a record; null for one about the ring itself. */
function textOf(content: RecordContent): string | null {
  switch (content.kind) {
    case "message":
    case "klog":
      return content.text;
    case "event":
      return `${content.name}: ${content.text}`;
    case "opaque":
      return `opaque, ${content.bytes.length} bytes`;
    default:
      return null;
  }
}

function printImage(path: string): void {
  const reader = new RecordReader(readFileSync(path));
  reader.readAll((record) => {
    const text = textOf(reader.decode(record));
    if (text === null) return;
    const time = timeOf(record, reader.info);
    console.log(`${record.ring.index} ${record.seq} ${time} ${safeLine(text)}`);
  });
  const { records, lost, corrupt } = reader.totals;
  console.error(`${records} records, ${lost} lost, ${corrupt} corrupt`);
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: read_image FILE");
  process.exitCode = 2;
} else {
  try {
    printImage(path);
  } catch (error) {
    console.error(safeLine(`read_image: ${path}: ${(error as Error).message}`));
    process.exitCode = 1;
  }
}
