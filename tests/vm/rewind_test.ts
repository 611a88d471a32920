// SPDX-License-Identifier: MIT
// A guest is put back to a snapshot while the reader follows. Positions then go
// back within the session, and nothing that is written afterwards is missed.
import { assert, assertEquals } from "@std/assert";
import { ReaderProgram } from "../support/reader_program.ts";
import { Machine } from "./machine.ts";
import { figureOf } from "./reader_process.ts";
import { guestFiles, LOAD, vmTest } from "./support.ts";

const REGION_BYTES = 4 << 20;
const LINES = 3000;

/** Writes lines with the stream's name, from one CPU after the other. */
const write = (stream: string, lines: number) =>
  `for c in 1 2 4 8; do taskset $c sh -c 'i=0; ` +
  `while [ $i -lt ${lines} ]; do echo ${stream} '$c' $i; i=$((i+1)); ` +
  `done > /dev/ivring0'; done`;

/**
 * Returns the lines of a stream, each once, in the order in which they first
 * came.
 */
function linesOf(all: readonly string[], stream: string): string[] {
  return [...new Set(all.filter((line) => line.startsWith(`${stream} `)))];
}

function expected(stream: string, lines: number): string[] {
  return [1, 2, 4, 8].flatMap((cpu) =>
    Array.from({ length: lines }, (_, i) => `${stream} ${cpu} ${i}`)
  );
}

vmTest("a guest put back to a snapshot", async (built) => {
  await using machine = await Machine.start({
    regions: [{ bytes: REGION_BYTES }],
    snapshots: true,
    files: guestFiles(built),
  });
  await machine.run(LOAD);
  await using reader = new ReaderProgram("-s", machine.regionNames[0]);
  await machine.run(write("before", 20));
  await machine.monitor("savevm here");
  for (const [stream, lines] of [["long", LINES], ["short", 3]] as const) {
    await machine.run(write(stream, lines));
    await machine.run(`echo marker: ${stream} is written > /dev/ivring0`);
    await reader.stdout.until(`${stream} is written`);
    await machine.monitor("loadvm here");
    await machine.run(write(`after-${stream}`, 10));
    await machine.run(`echo marker: after ${stream} > /dev/ivring0`);
    await reader.stdout.until(`after ${stream}`);
  }
  assertEquals(await machine.faults(), []);
  reader.kill("SIGINT");
  const all = await reader.stdout.rest();
  const said = (await reader.stderr.rest()).join("\n");
  assertEquals(await reader.ended(), 0, said);
  for (
    const [stream, lines] of [
      ["before", 20],
      ["long", LINES],
      ["after-long", 10],
      ["short", 3],
      ["after-short", 10],
    ] as const
  ) {
    assertEquals(linesOf(all, stream), expected(stream, lines), stream);
  }
  assert(figureOf(said, "rewound") >= 2, said);
  assertEquals(figureOf(said, "corrupt"), 0, said);
  console.log(`  ${all.length} lines; ${said.split("\n").at(-1)}`);
});
