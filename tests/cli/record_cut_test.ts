// SPDX-License-Identifier: MIT
/** Others cut the files of a recording: what counts can still be read. */
import { assertEquals, assertMatch } from "@std/assert";
import {
  haveBabeltrace,
  recordsIn,
  untilRecords,
} from "../support/babeltrace.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { Program, readerCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

const ignore = !haveBabeltrace();
const WHY_NOT = missingReason(ignore ? ["babeltrace2"] : []);

function flood(guest: Guest, count: number): void {
  for (let i = 0; i < count; i++) say(guest.writer, 0, "x".repeat(1000));
}

/** What a recorder reports at its end, and what is there. */
interface Outcome {
  readonly code: number;
  readonly counted: number;
  readonly not: number;
  readonly there: number;
  readonly told: string;
}

/**
 * Empties a ring's file, lets the guest go on writing at once, and ends the
 * recorder.
 */
async function cutAndWritten(
  command: (args: readonly string[]) => string[],
  waits: boolean,
): Promise<Outcome> {
  using guest = new Guest();
  using folder = new TempFolder();
  const trace = folder.at("trace");
  const ring = `${trace}/session-0/epoch-0/ring-0`;
  await using recorder = new Program(
    command(["record", "-s", guest.name, "-o", trace]),
  );
  flood(guest, 10);
  await untilRecords(trace, 10);
  recorder.kill("SIGSTOP");
  Deno.truncateSync(ring);
  flood(guest, 10);
  recorder.kill("SIGCONT");
  if (waits) await recorder.stderr.until("cut, with");
  recorder.kill("SIGTERM");
  const code = await recorder.ended();
  const told = (await recorder.stderr.rest()).join("\n");
  const [, counted] = /: (\d+) records, /.exec(told)!;
  const not = Number(/(\d+) not written/.exec(told)?.[1] ?? 0);
  const there = await recordsIn(trace);
  return { code, counted: Number(counted), not, there, told };
}

for (const waits of [true, false]) {
  Deno.test({
    name: skippedName(
      `record: a file that is cut and written to ${
        waits ? "again" : "to the end"
      }: no hole, and what counts is read`,
      WHY_NOT,
    ),
    ignore,
    fn: async () => {
      const outcome = await cutAndWritten(readerCommand, waits);
      const { code, counted, not, there, told } = outcome;
      assertEquals([code, counted + not, there], [1, 20, counted], told);
      assertMatch(told, /: cut, with \d+ records, while it was recorded to/);
      assertMatch(told, /records that were recorded have been removed or cut/);
    },
  });
}

Deno.test({
  name: skippedName(
    "control: without the look at the length, what was cut counts",
    WHY_NOT,
  ),
  ignore,
  fn: async () => {
    using changed = new ChangedReader({
      "cli/traces/stream_file.ts": [{
        find: '    if (bytes < this.bytes) return "cut";\n',
        replace: "",
      }],
    });
    const { code, counted, there } = await cutAndWritten(
      (args) => changed.command(args),
      false,
    );
    assertEquals([code, counted, there < 20], [0, 20, true]);
  },
});
