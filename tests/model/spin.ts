// SPDX-License-Identifier: MIT
/**
 * Runs Spin, which turns a model into the C source of a checker; compiles and
 * runs the checker, and judges its output.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { missingReason } from "../tools/skipping.ts";
import type { ModelRun } from "./runs.ts";

/** The most memory of one run in MiB; a run that needs more fails. */
const MEMORY_MIB = 2000;
/** The longest path of one run in steps; a run that needs a longer one fails. */
const DEPTH_STEPS = 100_000;

/** The result of one run. */
export interface Outcome {
  /** Whether it ended as it must. */
  ok: boolean;
  /** What was found: "no error", the assertion, or why the run failed. */
  found: string;
  /** How many states were visited. */
  states: number;
  /** How long it took, compilation included. */
  seconds: number;
}

/** Returns which tools are missing to run models, or "" if none is. */
export function missingTools(): string {
  const missing = [["spin", "-V"], ["gcc", "--version"]]
    .filter(([command, arg]) => !runs(command, arg))
    .map(([command]) => command);
  return missingReason(missing);
}

/**
 * Runs one model to its end.
 *
 * @throws {Error} If the model is not valid, or the checker does not compile.
 */
export function check(run: ModelRun): Outcome {
  const started = performance.now();
  const dir = Deno.makeTempDirSync({ prefix: "ivring-model-" });
  try {
    const defines = run.defines.map((d) => `-D${d}`);
    const model = `${ROOT}/tests/model/${run.model}.pml`;
    must(dir, "spin", [...defines, "-a", model]);
    must(dir, "gcc", [
      // Most controls end soon, and optimising would take longer than they do.
      run.control && run.fast ? "-O0" : "-O2",
      "-w",
      "-DSAFETY",
      ...(run.fast ? [] : ["-DCOLLAPSE"]),
      // A search in breadth finds the shortest way to a rare mistake sooner.
      ...(run.control && !run.fast ? ["-DBFS"] : []),
      // Partial order reduction is not sound with "provided" clauses.
      "-DNOREDUCE",
      "-DVECTORSZ=1024",
      `-DMEMLIM=${MEMORY_MIB}`,
      "-o",
      "pan",
      "pan.c",
    ]);
    // -E: a task that never resumes is not reported as a deadlock.
    const endings = run.defines.includes("PANIC") ? ["-E"] : [];
    const out = execute(dir, `${dir}/pan`, [`-m${DEPTH_STEPS}`, ...endings]);
    const verdict = judge(out, run.control);
    const seconds = (performance.now() - started) / 1000;
    return { ...verdict, seconds };
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/**
 * Judges what a checker printed. A proof holds only if the whole state space was
 * visited; a control only if an assertion failed, and nothing else.
 */
export function judge(
  output: string,
  control: boolean,
): Omit<Outcome, "seconds"> {
  const states = Number(/^\s*(\d+) states, stored/m.exec(output)?.[1] ?? 0);
  const errors = Number(/errors: (\d+)/.exec(output)?.[1] ?? NaN);
  const assertion = /^pan:\d+: assertion violated (.*?) \(at depth/m
    .exec(output)?.[1].trim();
  const limit =
    /max search depth too small|out of memory|-DMEMLIM bound|VECTORSZ/i
      .exec(output)?.[0];
  const done = errors === 0 && !/Search not completed/.test(output);
  if (control) {
    return assertion !== undefined && errors === 1
      ? { ok: true, found: assertion, states }
      : { ok: false, found: limit ?? "no assertion failed", states };
  }
  return done && limit === undefined && states > 0
    ? { ok: true, found: "no error", states }
    : { ok: false, found: limit ?? assertion ?? lastLine(output), states };
}

function lastLine(output: string): string {
  return /^pan:.*$/m.exec(output)?.[0] ?? output.trim().slice(-200);
}

function execute(cwd: string, command: string, args: string[]): string {
  const out = new Deno.Command(command, { cwd, args, stdin: "null" })
    .outputSync();
  const text = new TextDecoder();
  return text.decode(out.stdout) + text.decode(out.stderr) +
    (out.signal ? `\npan: ended by ${out.signal}` : "");
}

function must(cwd: string, command: string, args: string[]): void {
  const { code, stdout, stderr } = new Deno.Command(command, {
    cwd,
    args,
    stdin: "null",
  }).outputSync();
  if (code === 0) return;
  const text = new TextDecoder();
  throw new Error(`${command}: ${text.decode(stdout)}${text.decode(stderr)}`);
}

function runs(command: string, arg: string): boolean {
  try {
    new Deno.Command(command, { args: [arg], stdin: "null" }).outputSync();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
