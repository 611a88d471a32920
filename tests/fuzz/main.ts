// SPDX-License-Identifier: MIT
/**
 * `deno task fuzz`: as many cases as wanted, or one again.
 *
 *     deno task fuzz --count 1000000 --seed 1
 *
 * A case that breaks a promise is written out as JSON, to be kept in corpus/.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { taskArgs } from "../tools/task_args.ts";
import { fuzz } from "./fuzz.ts";

if (import.meta.main) {
  const args = parseArgs(taskArgs(), {
    string: ["count", "seed"],
    default: { count: "100000", seed: "1" },
    unknown: (arg) => {
      throw new Error(`what is ${arg}?`);
    },
  });
  const { tally, seconds } = fuzz(Number(args.seed), Number(args.count));
  for (const [name, times] of [...tally].toSorted()) {
    console.log(`${String(times).padStart(9)}  ${name}`);
  }
  const { rss } = Deno.memoryUsage();
  console.log(
    `${args.count} cases in ${seconds.toFixed(0)} s, ` +
      `${(rss / 2 ** 20).toFixed(0)} MiB resident, all promises kept`,
  );
}
