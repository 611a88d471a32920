// SPDX-License-Identifier: MIT
/**
 * The real babeltrace2, as the judge of our traces.
 *
 * @module
 */
import { haveProgram } from "./programs.ts";
import { until } from "./temp_folder.ts";

/** One event as babeltrace2 shows it. */
export interface TraceEvent {
  readonly seq: number;
  readonly name: string;
  /** Clock cycles. */
  readonly cycles: string;
  /** Its fields: "a = 1, b = ...". */
  readonly data: string;
}

/** Stands for the CPU of events that are of none: those of the kernel log. */
export const NO_CPU = "none";

/** What babeltrace2 found in a trace. */
export interface Trace {
  /** Per `cpu_id` (as text), or `NO_CPU`: its events. */
  readonly events: Map<string, TraceEvent[]>;
  /** Sum of discarded events. */
  readonly discarded: number;
}

/** Whether babeltrace2 is installed; with IVRING_REQUIRE_BABELTRACE2=1 it has to be. */
export function haveBabeltrace(): boolean {
  return haveProgram("babeltrace2", "babeltrace2");
}

/** Runs babeltrace2; fails if it has anything to complain of but lost events. */
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
 * @throws {Error} if babeltrace2 has anything to complain of but lost events.
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

/** Waits until a trace that is being recorded has so many records. */
export function untilRecords(path: string, count: number): Promise<void> {
  return until(`${count} records`, async () => {
    try {
      return await recordsIn(path) === count;
    } catch {
      return false; // it may be half written
    }
  });
}

/** When each event was, by the clock that the trace says: ns since 1970. */
export async function utcOfEvents(path: string): Promise<bigint[]> {
  const { lines } = await run("--clock-seconds", "--clock-gmt", path);
  return lines.map((line) => {
    const [, seconds, ns] = line.match(/^\[(\d+)\.(\d{9})\]/)!;
    return BigInt(seconds + ns);
  });
}

/** One field: a number, a text, or an array of numbers. */
const FIELD =
  /(\w+) = ("(?:[^"\\]|\\.)*"|\[ (?:\[\d+\] = -?\w+(?:, )?)*\s*\]|-?\w+)(?:, |$)/y;

/** Takes an event's fields apart: by name, as they are shown. */
export function fieldsOf(data: string): Map<string, string> {
  const fields = new Map<string, string>();
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < data.length) {
    const at = FIELD.lastIndex;
    const match = FIELD.exec(data);
    if (match === null) throw new Error(`no field: ${data.slice(at)}`);
    if (fields.has(match[1])) throw new Error(`twice: ${match[1]}`);
    fields.set(match[1], match[2]);
  }
  return fields;
}

/** A text as babeltrace2 shows it. */
export function shownText(text: string): string {
  const shown = text.replace(/["\\'?]/g, "\\$&").replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t");
  return `"${shown}"`;
}

/** Numbers as babeltrace2 shows an array. */
export function shownArray(numbers: Iterable<number | bigint>): string {
  const items = [...numbers].map((value, i) => `[${i}] = ${value}`);
  return items.length === 0 ? "[ ]" : `[ ${items.join(", ")} ]`;
}
