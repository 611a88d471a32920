// SPDX-License-Identifier: MIT
/**
 * Runs the real babeltrace2, which judges our traces.
 *
 * @module
 */
import { haveProgram } from "./programs.ts";
import { until } from "./temp_folder.ts";

/** One event as babeltrace2 shows it. */
export interface TraceEvent {
  readonly seq: number;
  readonly name: string;
  /** Time in clock cycles. */
  readonly cycles: string;
  /** The event's fields: "a = 1, b = ...". */
  readonly data: string;
}

/**
 * Stands in for the CPU of records that belong to none, such as the kernel
 * log's.
 */
export const NO_CPU = "none";

/** What babeltrace2 found in a trace. */
export interface Trace {
  /** The events by `cpu_id` (as text), or `NO_CPU`. */
  readonly events: Map<string, TraceEvent[]>;
  /** The sum of all discarded events. */
  readonly discarded: number;
}

/**
 * Tells whether babeltrace2 is installed, which IVRING_REQUIRE_BABELTRACE2=1
 * demands.
 */
export function haveBabeltrace(): boolean {
  return haveProgram("babeltrace2", "babeltrace2");
}

/** Runs babeltrace2; fails if it complains about anything but lost events. */
async function run(
  ...args: string[]
): Promise<{ lines: string[]; discarded: number }> {
  const { code, stdout, stderr } = await new Deno.Command("babeltrace2", {
    args,
    env: { LC_ALL: "C" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  let discarded = 0;
  const rest: string[] = [];
  for (const line of text(stderr).split("\n")) {
    const match = line.match(/^WARNING: Tracer discarded (\d+) event/);
    if (match) discarded += Number(match[1]);
    else if (line !== "") rest.push(line);
  }
  if (code !== 0 || rest.length > 0) {
    throw new Error(`babeltrace2 ended with ${code}: ${rest.join("\n")}`);
  }
  const lines = text(stdout).split("\n").filter((line) => line !== "");
  return { lines, discarded };
}

/**
 * Opens a trace.
 *
 * @throws {Error} if babeltrace2 complains about anything but lost events.
 */
export async function openTrace(path: string): Promise<Trace> {
  const { lines, discarded } = await run("--clock-cycles", path);
  const events: Trace["events"] = new Map();
  for (const line of lines) {
    const match = line.match(
      /^\[(\d+)\] \(.*?\) ([\w:-]+): \{ first_seq = \d+(?:, cpu_id = (\d+))?, epoch = \d+ \}, \{ .*?seq = (\d+) \}, \{ (.*) \}$/,
    );
    if (match === null) throw new Error(`unexpected line: ${line}`);
    const [, cycles, name, cpu = NO_CPU, seq, data] = match;
    const list = events.get(cpu) ?? [];
    list.push({ seq: Number(seq), name, cycles, data });
    events.set(cpu, list);
  }
  return { events, discarded };
}

/** Counts the records of a trace. */
export async function recordsIn(path: string): Promise<number> {
  const { events } = await openTrace(path);
  return [...events.values()].flat().length;
}

/** Waits until a trace that is being recorded has this many records. */
export function untilRecords(path: string, count: number): Promise<void> {
  return until(`${count} records`, async () => {
    try {
      return await recordsIn(path) === count;
    } catch {
      return false; // the trace may be half written
    }
  });
}

/**
 * Returns the time of each event by the trace's own clock, in ns since 1970.
 */
export async function utcOfEvents(path: string): Promise<bigint[]> {
  const { lines } = await run("--clock-seconds", "--clock-gmt", path);
  return lines.map((line) => {
    const [, seconds, ns] = line.match(/^\[(\d+)\.(\d{9})\]/)!;
    return BigInt(seconds + ns);
  });
}

/** One field: a number, a text, an array of numbers, or a number with names. */
const FIELD =
  /(\w+) = ("(?:[^"\\]|\\.)*"|\[ (?:\[\d+\] = -?\w+(?:, )?)*\s*\]|-?\w+|\( .*? : container = -?\w+ \))(?:, |$)/y;
const NAMED = /^\( .* : container = (-?\w+) \)$/;

/**
 * Splits an event's text into its fields, by name, as babeltrace2 shows them; of
 * a number with names, only the number.
 */
export function fieldsOf(data: string): Map<string, string> {
  const fields = new Map<string, string>();
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < data.length) {
    const at = FIELD.lastIndex;
    const match = FIELD.exec(data);
    if (match === null) throw new Error(`no field: ${data.slice(at)}`);
    if (fields.has(match[1])) throw new Error(`twice: ${match[1]}`);
    fields.set(match[1], NAMED.exec(match[2])?.[1] ?? match[2]);
  }
  return fields;
}

/** Returns a text as babeltrace2 shows it. */
export function shownText(text: string): string {
  const shown = text.replace(/["\\'?]/g, "\\$&").replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t");
  return `"${shown}"`;
}

/** Returns numbers as babeltrace2 shows an array. */
export function shownArray(numbers: Iterable<number | bigint>): string {
  const items = [...numbers].map((value, i) => `[${i}] = ${value}`);
  return items.length === 0 ? "[ ]" : `[ ${items.join(", ")} ]`;
}
