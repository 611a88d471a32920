// SPDX-License-Identifier: MIT
/**
 * `deno task model`: makes every run of `runs.ts`, and prints a line for each;
 * ends with 1 if one did not end as it must. `--fast` makes only the subset for
 * every change; any other argument is the name of a run.
 *
 * @module
 */
import { taskArgs } from "../tools/task_args.ts";
import { RUNS } from "./runs.ts";
import { check, missingTools } from "./spin.ts";

/** Makes the runs that were asked for; returns the exit code. */
function main(args: readonly string[]): number {
  const missing = missingTools();
  if (missing) {
    console.error(`model: ${missing}`);
    return 1;
  }
  const names = args.filter((arg) => arg !== "--fast");
  const unknown = names.filter((name) => !RUNS.some((r) => r.name === name));
  if (unknown.length > 0) {
    console.error(`model: no run is called ${unknown.join(", ")}`);
    return 2;
  }
  const asked = RUNS.filter((run) =>
    names.length > 0
      ? names.includes(run.name)
      : run.fast || !args.includes("--fast")
  );
  let failed = 0;
  let states = 0;
  const started = performance.now();
  for (const run of asked) {
    const outcome = check(run);
    failed += outcome.ok ? 0 : 1;
    states += outcome.states;
    console.log([
      outcome.ok ? "ok    " : "FAILED",
      run.name.padEnd(16),
      run.control ? "must be found" : "no error     ",
      `${outcome.states}`.padStart(9) + " states",
      outcome.seconds.toFixed(1).padStart(6) + " s",
      ` ${run.model}: ${run.defines.join(" ")}`.padEnd(40),
      outcome.found,
    ].join("  "));
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${asked.length - failed} as they have to be, ${failed} not; ` +
      `${states} states, ${seconds} s`,
  );
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(main(taskArgs()));
