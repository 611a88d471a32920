// SPDX-License-Identifier: MIT
/**
 * Tests loss while nobody reads the output, and what --exit-on-loss does then.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { RING_DESC, RING_LIVE } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { Guest } from "../support/guest.ts";
import { ReaderProgram, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";

/** Writes lines "FROM" to "TO - 1". */
function write(guest: Guest, from: number, to: number): void {
  for (let n = from; n < to; n++) say(guest.writer, n % 2, `${n}`.padEnd(99));
}

Deno.test("a stalled pipe: the ring is the buffer, and the loss is exact", async () => {
  using guest = new Guest();
  await using reader = new ReaderProgram("-s", guest.name);
  write(guest, 0, 1);
  await reader.stdout.next();
  // Nobody reads. First the reader fills the pipe, then it stands still.
  let written = 1;
  for (let i = 0; i < 60; i++) {
    write(guest, written, written + 1000);
    written += 1000;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // Once the pipe is read again, more comes; the last line ends the test.
  const last = `${written}`;
  const reading = reader.stdout.until(last);
  write(guest, written, written + 1);
  await reading;
  reader.kill("SIGTERM");
  const lines = (await reader.stdout.rest()).map(Number);
  const summary = (await reader.stderr.rest()).at(-1)!;
  assertEquals(await reader.ended(), 0);
  const [, records, lost] = /: (\d+) records, .*?(\d+) lost, 0 dropped/
    .exec(summary)!.map(Number);
  assertEquals(records, lines.length);
  assert(lost > 10_000, summary);
  assertEquals(lines.length + lost, written + 1);
  assertEquals(new Set(lines).size, lines.length);
});

/**
 * Runs a reader that is stopped while the guest overwrites what it has not
 * read.
 */
async function overrun(
  ...args: string[]
): Promise<{ code: number; stdout: string[]; stderr: string[] }> {
  using guest = new Guest();
  await using reader = new ReaderProgram("-s", guest.name, ...args);
  say(guest.writer, 0, "before\n");
  assertEquals(await reader.stdout.next(), "before");
  reader.kill("SIGSTOP");
  write(guest, 0, 30_000);
  reader.kill("SIGCONT");
  await reader.stdout.until("29999");
  reader.kill("SIGTERM");
  return {
    stdout: await reader.stdout.rest(),
    stderr: await reader.stderr.rest(),
    code: await reader.ended(),
  };
}

Deno.test("--exit-on-loss: exit code 3, after what came before", async () => {
  using guest = new Guest();
  await using reader = new ReaderProgram(
    ...["-s", guest.name, "--exit-on-loss"],
  );
  say(guest.writer, 0, "before\n");
  assertEquals(await reader.stdout.next(), "before");
  reader.kill("SIGSTOP");
  write(guest, 0, 30_000);
  reader.kill("SIGCONT");
  const lines = await reader.stdout.rest();
  assertEquals(await reader.ended(), 3);
  const [summary, reason, ...rest] = await reader.stderr.rest();
  assertEquals([lines[0], rest], ["before", []]);
  assertMatch(
    reason,
    /^ivring_reader: (\d+) records lost, 0 dropped: ending, as --exit-on-loss/,
  );
  const [, records, lost] = /: (\d+) records, .*?(\d+) lost, 0 dropped/
    .exec(summary)!.map(Number);
  assert(lost > 0 && reason.includes(` ${lost} records lost`), reason);
  assertEquals(records, lines.length);
});

Deno.test("without it, loss is counted and reading goes on", async () => {
  const { code, stdout, stderr } = await overrun();
  assertEquals(code, 0);
  const lost = Number(/(\d+) lost, 0 dropped/.exec(stderr.at(-1)!)![1]);
  assert(lost > 0);
  assertEquals(stdout.length + lost, 30_001);
});

Deno.test("--exit-on-loss: a dropped record counts too", async () => {
  using guest = new Guest();
  await using reader = new ReaderProgram(
    ...["-s", guest.name, "--exit-on-loss"],
  );
  say(guest.writer, 0, "before\n");
  assertEquals(await reader.stdout.next(), "before");
  const [ring] = new RegionReader(guest.object.buffer).info.rings;
  const drops = ring.descOffset + RING_DESC.live + RING_LIVE.drops;
  new DataView(guest.object.buffer).setBigUint64(drops, 1n, true);
  await reader.stderr.until("0 records lost, 1 dropped: ending");
  assertEquals(await reader.ended(), 3);
});

Deno.test("--exit-on-loss: without loss the exit code is 0", async () => {
  using guest = new Guest();
  // What was gone before the reader came is missed, not lost.
  write(guest, 0, 30_000);
  const args = ["-s", guest.name, "--once", "--exit-on-loss"];
  const { code, stderr } = await runReader(...args);
  assertEquals(code, 0);
  assertMatch(stderr, / 0 lost, 0 dropped, .* missed/);
});
