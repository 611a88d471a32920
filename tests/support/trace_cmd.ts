// SPDX-License-Identifier: MIT
/**
 * Runs the real trace-cmd, which judges our trace.dat files.
 *
 * @module
 */

/** One event as trace-cmd reports it. */
export interface ReportedEvent {
  readonly task: string;
  readonly pid: number;
  readonly cpu: number;
  /** Time of the trace clock in ns. */
  readonly time: bigint;
  readonly name: string;
  readonly text: string;
  /** How many events were dropped right before it on its CPU. */
  readonly dropped: number;
}

/**
 * Tells whether trace-cmd is installed, which IVRING_REQUIRE_TRACE_CMD=1
 * demands.
 */
export function haveTraceCmd(): boolean {
  try {
    new Deno.Command("trace-cmd", { args: ["--version"], stdout: "null" })
      .outputSync();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (Deno.env.get("IVRING_REQUIRE_TRACE_CMD") === "1") {
      throw new Error("trace-cmd is missing: apt-get install trace-cmd");
    }
    return false;
  }
}

const EVENT = /^ *(.+)-(\d+) +\[(\d+)\] +(\d+)\.(\d{9}): (\w+): *(.*)$/;
const DROPPED = /^CPU:(\d+) \[(\d+) EVENTS DROPPED\]$/;

/**
 * Runs `trace-cmd report` without plugins, because the formats in the file have
 * to be enough.
 *
 * @returns What it prints.
 * @throws {Error} if it complains about anything.
 */
async function reportText(path: string, options: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("trace-cmd", {
    args: ["report", "-N", "-t", ...options, path],
    env: { LC_ALL: "C" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const complaint = text(stderr).trim();
  if (code !== 0 || complaint !== "") {
    throw new Error(`trace-cmd ended with ${code}: ${complaint}`);
  }
  return text(stdout);
}

/**
 * Returns the events that `trace-cmd report` prints.
 *
 * @param options Such as "-R", which shows the fields by name.
 * @throws {Error} if it complains about anything.
 */
export async function report(
  path: string,
  ...options: string[]
): Promise<ReportedEvent[]> {
  const events: ReportedEvent[] = [];
  const dropped = new Map<number, number>();
  for (const line of (await reportText(path, options)).split("\n")) {
    if (line === "" || line.startsWith("cpus=")) continue;
    if (line.includes("FAILED TO PARSE")) throw new Error(line);
    const loss = line.match(DROPPED);
    if (loss !== null) {
      dropped.set(Number(loss[1]), Number(loss[2]));
      continue;
    }
    const match = line.match(EVENT);
    if (match === null) throw new Error(`unexpected line: ${line}`);
    const [, task, pid, cpu, seconds, ns, name, rest] = match;
    events.push({
      task: task.trim(),
      pid: Number(pid),
      cpu: Number(cpu),
      time: BigInt(seconds) * 1_000_000_000n + BigInt(ns),
      name,
      text: rest.trimEnd(),
      dropped: dropped.get(Number(cpu)) ?? 0,
    });
    dropped.delete(Number(cpu));
  }
  return events;
}

/** Returns the events of one CPU, in order. */
export function ofCpu(
  events: readonly ReportedEvent[],
  cpu: number,
): ReportedEvent[] {
  return events.filter((event) => event.cpu === cpu);
}
