// SPDX-License-Identifier: MIT
/**
 * Measures reading from a small ring while a guest writes into it without a
 * pause: what counts is how much comes out, however much is lost.
 *
 * @module
 */
import { Program } from "../support/reader_program.ts";
import { sleepMs } from "../../cli/sleep.ts";
import { Beside } from "./beside.ts";
import { figureOf, ratioOf } from "./figures.ts";
import type { Context, Table } from "./part.ts";
import type { Tools } from "./read_tools.ts";
import { PROCESSES, Scratch } from "./write_runs.ts";

const REGION_BYTES = 2 << 20;
const SIZES = [64, 1024];
const QUICK_SIZES = [64];
const NEVER = new AbortController().signal;

/** Measures this, and returns the table. */
export async function measureFollowing(
  context: Context,
  tools: Tools,
): Promise<Table> {
  const columns: string[] = [];
  const c = [], ours = [], ratios = [];
  for (const sizeBytes of context.quick ? QUICK_SIZES : SIZES) {
    context.progress(`following, ${sizeBytes} B`);
    const bytes: Record<"c" | "ours", number[]> = { c: [], ours: [] };
    for (let round = 0; round < PROCESSES; round++) {
      for (const who of ["c", "ours"] as const) {
        const rate = await follow(context, tools, who, sizeBytes);
        context.raw({ case: "follow", sizeBytes, who, round, rate });
        bytes[who].push(rate);
      }
    }
    columns.push(`${sizeBytes} B`);
    ours.push(figureOf(bytes.ours));
    c.push(figureOf(bytes.c));
    ratios.push(ratioOf(bytes.ours, bytes.c));
  }
  return {
    id: "read-follow",
    title: "Following a guest that writes without a pause, region of 2 MiB",
    unit: "GB/s of payload delivered",
    head: "payload",
    columns,
    rows: [
      { name: "**ivring_reader**", figures: ours },
      { name: "reader in C", figures: c },
      { name: "ivring_reader / C", figures: ratios },
    ],
    note: "Beside another process that keeps one CPU busy.",
  };
}

/** Returns the GB of output a second, once reading is under way. */
async function follow(
  context: Context,
  tools: Tools,
  who: "c" | "ours",
  sizeBytes: number,
): Promise<number> {
  using object = new Scratch();
  const numbers = [REGION_BYTES, sizeBytes].map(String);
  await using guest = new Program([
    tools.guest,
    object.path,
    ...numbers,
    "flow",
  ]);
  await guest.stdout.until("ready");
  await using reader = new Beside(
    who === "c"
      ? [tools.reader, object.path, "follow", "text"]
      : tools.ours(["-q", "-s", object.name, "--raw"]),
  );
  await reader.attached(object.name);
  // This is long enough for the compiler to find the code that is used most.
  const ms = context.quick ? 200 : 1000;
  await sleepMs(ms, NEVER);
  const beforeMs = performance.now();
  const before = reader.writtenBytes();
  await sleepMs(ms, NEVER);
  const bytes = reader.writtenBytes() - before;
  return bytes / 1e6 / (performance.now() - beforeMs);
}
