// SPDX-License-Identifier: MIT
/**
 * Measures one reader with many guests: 64 regions of five rings, eight of
 * which write 20,000 records a second each, for a minute. Reports what was
 * lost, and what time and memory the reader took; then the same with nobody
 * writing, and with rising rates until something is lost.
 *
 * Arguments: seconds of the first run (60), of each of the others (10).
 *
 * @module
 */
import { WRITER } from "../guest/sources.ts";
import { readerCommand } from "../support/reader_program.ts";
import { TempFolder, until } from "../support/temp_folder.ts";
import { Workbench } from "../tools/cc.ts";
import { Beside } from "./beside.ts";

const GUESTS = 64;
const BUSY = 8;
const RATE = 20_000;

interface Run {
  busy: number;
  /** Records a second of each busy guest. */
  rate: number;
  seconds: number;
}

interface Outcome {
  written: number;
  read: number;
  /**
   * Records that were overwritten before they were read, or refused by the
   * writer.
   */
  lost: number;
  /** The share of one CPU. */
  cpuPercent: number;
  /** The most that was seen, without shared memory. */
  residentMib: number;
}

/** Returns the sum of a metric over all objects. */
function sumOf(text: string, metric: string): number {
  const lines = text.matchAll(
    new RegExp(`^ivring_${metric}\\{[^}]*\\} (\\d+)$`, "gm"),
  );
  return lines.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Starts the simulated guests, which wait for a line before they begin. */
async function startGuests(program: string, base: string, run: Run) {
  const args = [base, GUESTS, run.busy, run.rate, run.seconds].map(String);
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  const hear = async (text: string) => {
    while (!said.includes(text)) {
      const { done, value } = await output.read();
      if (done) throw new Error(`the guests ended: ${said}`);
      said += value;
    }
    return said;
  };
  await hear("ready\n");
  const tell = () => input.write(new TextEncoder().encode("\n"));
  const end = async () => {
    await tell();
    await input.close();
    await output.cancel();
    await child.status;
  };
  return { hear, tell, end };
}

async function measure(program: string, run: Run): Promise<Outcome> {
  using folder = new TempFolder();
  const base = `ivring-many-${Deno.pid}`;
  const guests = await startGuests(program, base, run);
  let cpuPercent = 0, residentMib = 0;
  try {
    await using reader = new Beside(readerCommand([
      ...["-s", `/${base}-*`, "-q", "--metrics-file", folder.at("x.prom")],
    ]));
    const objects = () => sumOf(folder.read("x.prom"), "up");
    await until("all are read", () => objects() === GUESTS);
    const cpu = reader.cpuSeconds(), startMs = performance.now();
    await guests.tell();
    const timer = setInterval(() => {
      residentMib = Math.max(residentMib, reader.residentMib());
    }, 200);
    await guests.hear("dropped");
    clearInterval(timer);
    const seconds = (performance.now() - startMs) / 1000;
    cpuPercent = (reader.cpuSeconds() - cpu) / seconds * 100;
  } finally {
    await guests.end();
  }
  const said = await guests.hear("dropped");
  const metrics = folder.read("x.prom");
  return {
    written: Number(/written (\d+)/.exec(said)?.[1]),
    read: sumOf(metrics, "records_total"),
    lost: sumOf(metrics, "lost_records_total") +
      sumOf(metrics, "dropped_records_total") +
      sumOf(metrics, "missed_records_total"),
    cpuPercent,
    residentMib,
  };
}

function tell(run: Run, outcome: Outcome): void {
  const { written, read, lost, cpuPercent, residentMib } = outcome;
  console.log(
    `${GUESTS} guests, ${run.busy} of them at ${run.rate} records/s, ` +
      `${run.seconds} s: ${written} written, ${read} read, ${lost} lost; ` +
      `${cpuPercent.toFixed(1)} % of a CPU, ${residentMib.toFixed(0)} MiB`,
  );
}

async function main(): Promise<number> {
  const [first = 60, others = 10] = Deno.args.map(Number);
  using bench = new Workbench("gcc");
  const sources = ["tests/bench/many/guests.c", ...WRITER];
  const program = bench.compile("guests", sources, [
    ...["-O2", "-I", "tests/guest"],
  ]);
  const goal: Run = { busy: BUSY, rate: RATE, seconds: first };
  const reached = await measure(program, goal);
  tell(goal, reached);
  const idle: Run = { busy: 0, rate: 0, seconds: others };
  tell(idle, await measure(program, idle));
  for (let rate = 2 * RATE;; rate *= 1.5) {
    const run: Run = { busy: BUSY, rate, seconds: others };
    const outcome = await measure(program, run);
    tell(run, outcome);
    // It may also be the writers that cannot go faster.
    const asked = BUSY * rate * others;
    if (outcome.lost > 0 || outcome.written < 0.95 * asked) break;
  }
  return reached.lost === 0 && reached.read === reached.written ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
