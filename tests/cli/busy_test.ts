// SPDX-License-Identifier: MIT
// Commands that read once come to an end, and print what was asked for,
// although the guest never stops writing.
import { assert, assertEquals } from "@std/assert";
import { BusyGuest, TRACE_RINGS } from "../support/busy_guest.ts";
import { type Ended, runReader } from "../support/reader_program.ts";
import { TempFolder } from "../support/temp_folder.ts";

interface Lines {
  /** The numbers of the whole lines, in the order of the output. */
  readonly whole: number[];
  /** How many lines after them are cut. */
  readonly cut: number;
}

/**
 * Reads the lines; a whole line has this many letters. The end of each ring is
 * fixed at its own moment, and the guest may be within a message there. Such a
 * message is printed as far as it had come, behind all whole ones; there is at
 * most one for each ring.
 */
function readLines(stdout: string, letters: number): Lines {
  const lines = stdout.split("\n").slice(0, -1);
  const whole: number[] = [];
  let cut = 0;
  for (const line of lines) {
    const [, number, rest] = /^(\d+)(x*)$/.exec(line) ?? [];
    assert(rest, line.slice(0, 50));
    if (rest.length !== letters) cut++;
    else {
      assertEquals(cut, 0, `${number} is behind a line that ends early`);
      whole.push(Number(number));
    }
  }
  assert(cut <= TRACE_RINGS, `${cut} lines end early`);
  return { whole, cut };
}

function assertRising(numbers: readonly number[]): void {
  for (let i = 1; i < numbers.length; i++) {
    assert(numbers[i] > numbers[i - 1], `${numbers[i]} after ${numbers}`);
  }
}

/** How often the guest may overtake a reader on a loaded machine. */
const OVERTAKEN_MOST = 20;

/**
 * Runs a command until the guest has not overtaken it. What the guest has
 * overwritten is lost, including the beginnings of messages, and reported as
 * lost.
 */
async function runNotOvertaken(command: readonly string[]): Promise<Ended> {
  for (let attempt = 1;; attempt++) {
    const ended = await runReader(...command);
    assertEquals(ended.code, 0, ended.stderr);
    const isOvertaken = !/ 0 lost,/.test(ended.stderr) ||
      /^x/m.test(ended.stdout);
    if (!isOvertaken) return ended;
    assert(attempt < OVERTAKEN_MOST, ended.stderr);
  }
}

const ONCE = [["dump", "-s"], ["--once", "-s"]];
/** How long lines are: short ones, and some that are split into parts. */
const LETTERS = [20, 5000];

for (const letters of LETTERS) {
  for (const command of ONCE) {
    Deno.test(`a busy guest: ${command[0]} -n N prints N lines of ${letters}`, async () => {
      await using guest = await BusyGuest.start(letters);
      for (const lines of [1, 7]) {
        const { stdout } = await runNotOvertaken(
          [...command, guest.name, "-n", String(lines)],
        );
        const { whole, cut } = readLines(stdout, letters);
        assertEquals(whole.length + cut, lines);
        assertRising(whole);
      }
    });
  }
}

Deno.test("a busy guest: JSON has N lines too, and the same end", async () => {
  await using guest = await BusyGuest.start(20);
  const { stdout } = await runNotOvertaken(
    ["dump", "-s", guest.name, "-n", "5", "--format", "json"],
  );
  assertEquals(stdout.split("\n").length, 6);
});

Deno.test("a busy guest: dump prints no more than there was", async () => {
  await using guest = await BusyGuest.start(20);
  for (const command of ONCE) {
    const { code, stdout, stderr } = await runReader(...command, guest.name);
    assertEquals(code, 0, stderr);
    const { whole } = readLines(stdout, 20);
    const times = whole.length * 48 / (1 << 20);
    assert(times <= 1, `${times} times the region`);
  }
});

Deno.test("a busy guest: record --once, convert and info end", async () => {
  await using guest = await BusyGuest.start(20);
  using folder = new TempFolder();
  const commands = [
    ["record", "--once", "-o", folder.at("record")],
    ["convert", "--to", "ctf", "-o", folder.at("ctf")],
    ["convert", "--to", "trace.dat", "-o", folder.at("trace.dat")],
    ["info"],
  ];
  for (const [command, ...options] of commands) {
    const { code, stderr } = await runReader(
      ...[command, "-s", guest.name, ...options],
    );
    assertEquals(code, 0, stderr);
    const [, bytes] = /(\d+) bytes/.exec(stderr) ?? [0, 0];
    assert(Number(bytes) <= 1 << 20, stderr);
  }
});
