// SPDX-License-Identifier: MIT
/**
 * `deno task bench`: measures what IVRing costs, compared with what people
 * would use instead.
 *
 *     deno task bench                        all parts, for the record
 *     deno task bench -- --quick             all parts, in a few minutes
 *     deno task bench -- --part guest-write  one part; may be repeated
 *     deno task bench -- --publish           docs/performance.md's tables, from the last runs
 *
 * Runs leave `tests/bench/runs/`, which git ignores: raw measurements
 * (`*.jsonl`), `summary.json`, all tables in `summary.md`, and plots. What the
 * page needs of it is put into `tests/bench/results/` when it is published.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { ensureDir } from "@std/fs/ensure-dir";
import { ROOT } from "../../packaging/root.ts";
import { taskArgs } from "../tools/task_args.ts";
import { machineInfo } from "./machine.ts";
import { partText } from "./markdown.ts";
import { type Context, NotHereError, type Part } from "./part.ts";
import { PARTS } from "./parts.ts";
import { publish, RUNS_PATH } from "./publish.ts";
import { RawFile, Results } from "./results.ts";
import { DIRTY, revisionOf } from "./revision.ts";

const FOLDER = `${ROOT}/${RUNS_PATH}`;

/**
 * Returns the revision that was measured from the one at the beginning: files
 * that were changed meanwhile may have been measured as well.
 */
function measured(revision: string): string {
  const changed = revisionOf(ROOT) !== revision && !revision.endsWith(DIRTY);
  return changed ? revision + DIRTY : revision;
}

/**
 * Measures one part, and leaves its files.
 *
 * @returns Whether the part could be measured.
 */
async function runPart(
  part: Part,
  quick: boolean,
  raw: RawFile,
): Promise<boolean> {
  const machine = machineInfo(ROOT, quick);
  raw.line({ part: part.name, machine });
  const folder = Deno.makeTempDirSync({ prefix: "ivring-bench-" });
  const context: Context = {
    quick,
    folder,
    raw: (measured) => raw.line({ part: part.name, ...measured }),
    progress: (text) => console.error(`${part.name}: ${text}`),
  };
  try {
    const result = await part.run(context);
    const summary = {
      title: part.title,
      machine: { ...machine, revision: measured(machine.revision) },
      ...result,
    };
    const order = PARTS.map(({ name }) => name);
    await new Results(FOLDER, quick).put(part.name, summary, order);
    console.log(partText(summary, true));
    return true;
  } catch (error) {
    if (!(error instanceof NotHereError)) throw error;
    console.error(`${part.name}: left out: ${error.message}`);
    return false;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Publishes the last runs. @returns The exit code. */
function publishAll(order: readonly string[]): number {
  const faults = publish(ROOT, order);
  for (const fault of faults) console.error(`not published: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const names = PARTS.map(({ name }) => name);
  const args = parseArgs(taskArgs(), {
    boolean: ["quick", "publish"],
    string: ["part"],
    collect: ["part"],
    unknown: (arg) => {
      throw new Error(`what is ${arg}?`);
    },
  });
  const parts: string[] = args.part;
  const wanted = parts.length > 0 ? parts : names;
  const strange = wanted.find((name) => !names.includes(name));
  if (strange !== undefined) {
    console.error(
      `there is no part ${strange}; there are: ${names.join(", ")}`,
    );
    return 2;
  }
  if (args.publish) return publishAll(names);
  await ensureDir(FOLDER);
  using raw = new RawFile(FOLDER, new Date().toISOString().slice(0, 19));
  let done = 0;
  for (const part of PARTS.filter(({ name }) => wanted.includes(name))) {
    if (await runPart(part, args.quick, raw)) done++;
  }
  console.error(`raw measurements: ${raw.path}`);
  return done > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
