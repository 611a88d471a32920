// SPDX-License-Identifier: MIT
/**
 * Describes where and when something was measured.
 *
 * @module
 */

import { revisionOf } from "./revision.ts";

/** A machine, as far as it matters to figures. */
export interface MachineInfo {
  /** UTC, RFC 3339. */
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  /** The kernel's clock source. */
  readonly clocksource: string;
  readonly deno: string;
  /** The C compiler that built the rivals and the writer. */
  readonly compiler: string;
  /** The load average of the last minute, before anything was measured. */
  readonly load: number;
  /** Commit measured, as `revisionOf` returns it. */
  readonly revision: string;
  readonly quick: boolean;
}

/**
 * Describes this machine at this time.
 *
 * @param root The repository's path.
 */
export function machineInfo(root: string, quick: boolean): MachineInfo {
  const cpus = read("/proc/cpuinfo");
  const memory = /^MemTotal: *(\d+) kB/m.exec(read("/proc/meminfo"));
  return {
    date: new Date().toISOString().slice(0, 16) + "Z",
    cpu: /^model name\s*: (.*)$/m.exec(cpus)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryGib: Math.round(Number(memory?.[1] ?? 0) / 2 ** 20),
    kernel: read("/proc/sys/kernel/osrelease").trim(),
    clocksource: read(
      "/sys/devices/system/clocksource/clocksource0/current_clocksource",
    ).trim(),
    deno: Deno.version.deno,
    compiler: firstLine("gcc", ["--version"]),
    load: Number(read("/proc/loadavg").split(" ")[0]),
    revision: revisionOf(root),
    quick,
  };
}

/** Digits of a commit that people read. */
const COMMIT_DIGITS = 12;

/** One sentence about it. */
export function machineText(info: MachineInfo): string {
  const { cpu, cores, memoryGib, kernel, clocksource, deno, compiler } = info;
  const revision = info.revision.replace(
    /^[0-9a-f]{40}/,
    (commit) => commit.slice(0, COMMIT_DIGITS),
  );
  return `${info.date}, commit ${revision}: ${cpu}, ${cores} cores, ` +
    `${memoryGib} GiB, Linux ${kernel}, clock source ${clocksource}, ` +
    `Deno ${deno}, ${compiler}; load before: ${info.load}` +
    (info.quick ? "; a quick run, not to be quoted" : "");
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // this kernel lacks it, or we may not read it
  }
}

function firstLine(command: string, args: string[]): string {
  try {
    const { stdout } = new Deno.Command(command, { args, stderr: "null" })
      .outputSync();
    return new TextDecoder().decode(stdout).split("\n", 1)[0];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `no ${command}`;
    throw error;
  }
}
