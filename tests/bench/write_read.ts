// SPDX-License-Identifier: MIT
/**
 * Measures what a reader costs the writer that it follows: none, one in C, and
 * the real one. They share nothing but memory.
 *
 * @module
 */
import { LONGEST_MS } from "../../cli/sleep.ts";
import { Program, readerCommand } from "../support/reader_program.ts";
import type { Workbench } from "../tools/cc.ts";
import { Beside } from "./beside.ts";
import type { Context, Table } from "./part.ts";
import { buildReader } from "./read_build.ts";
import {
  Measured,
  PROCESSES,
  Scratch,
  type Slices,
  slicesOf,
  type Slicing,
  slicingOf,
  writeArgs,
  type WriteCase,
} from "./write_runs.ts";

const IN_C = "a reader in C";
const WHAT: WriteCase = { clock: "mono", threads: 1, sizeBytes: 64 };
/** Longer than the longest sleep of a reader that has nothing to do. */
const WARM_US = 1.25 * LONGEST_MS * 1000;
/** Fewer slices than usual, because each has to wait for the reader. */
const BESIDE: Slicing = { rounds: 11, sliceUs: 1000 };

/**
 * Returns the command of the reader; [] for none.
 *
 * @param name The object's name.
 */
type Reader = (name: string) => readonly string[];

/** Measures the writer with each reader, and shows the floor beside it. */
export async function measureReading(
  context: Context,
  bench: Workbench,
  writer: string,
): Promise<Table> {
  const inC = buildReader(bench);
  const readers: Record<string, Reader> = {
    "nobody reads": () => [],
    [IN_C]: (name) => [inC, `/dev/shm${name}`, "follow", "text"],
    "ivring_reader": (name) => readerCommand(["-q", "-s", name, "--raw"]),
  };
  const rows = [];
  for (const [text, reader] of Object.entries(readers)) {
    if (context.quick && text === IN_C) continue;
    context.progress(text);
    const measured = new Measured();
    const processes = context.quick ? 1 : PROCESSES;
    for (let i = 0; i < processes; i++) {
      const slices = await runBeside(context, writer, reader);
      context.raw({ ...WHAT, reader: text, process: i, slices });
      measured.add(slices);
    }
    const ratio = measured.ratio("ours", "floor");
    rows.push({ name: text, figures: [measured.ns("ours"), ratio] });
  }
  return {
    id: "write-read",
    title: "Writing while somebody reads, 64 B, default clock",
    unit: "ns a record; times the floor",
    head: "reader",
    columns: ["IVRing, ns", "times the floor"],
    rows,
    note: "The writer writes without a pause, far more than is read: the " +
      "reader copies all the time what the writer has in its cache.",
  };
}

/** Runs one process of the writer, with a reader beside it. */
async function runBeside(
  context: Context,
  writer: string,
  reader: Reader,
): Promise<Slices> {
  using object = new Scratch();
  const slicing = context.quick ? slicingOf(context) : BESIDE;
  const contenders = ["floor", "ours"];
  const args = writeArgs(slicing, object.path, WHAT, contenders, WARM_US);
  await using program = new Program([writer, ...args]);
  await program.stdout.until("ready");
  const command = reader(object.name);
  await using beside = command.length > 0 ? new Beside(command) : null;
  await beside?.attached(object.name);
  program.kill("SIGUSR1");
  const lines = await program.stdout.rest();
  return slicesOf(lines.join("\n")).slices;
}
