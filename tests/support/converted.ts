// SPDX-License-Identifier: MIT
/**
 * Converts recordings to trace.dat files, and has trace-cmd report them.
 *
 * @module
 */
import { findTraces } from "../../cli/traces/find_traces.ts";
import {
  type Converted,
  writeTraceDat,
} from "../../cli/traces/trace_dat_file.ts";
import type { Recording } from "./recordings.ts";
import { haveTraceCmd, report, type ReportedEvent } from "./trace_cmd.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

/** The result of a conversion that leaves nothing out. */
export const NOTHING_LEFT_OUT: Converted = {
  opaque: 0,
  tooLong: 0,
  broken: 0,
  contradictions: 0,
};

/** Registers a test that needs trace-cmd. */
export function datTest(name: string, fn: () => Promise<void>): void {
  const ignore = !haveTraceCmd();
  const reason = missingReason(ignore ? ["trace-cmd"] : []);
  Deno.test({ name: skippedName(`trace.dat: ${name}`, reason), ignore, fn });
}

/** Converts the last trace of a recording, and has trace-cmd report it. */
export async function reported(
  { path }: Recording,
  ...options: string[]
): Promise<{ events: ReportedEvent[]; converted: Converted }> {
  const file = `${path}/trace.dat`;
  const converted = writeTraceDat(findTraces(path).at(-1)!, file);
  try {
    return { events: await report(file, ...options), converted };
  } finally {
    await Deno.remove(file);
  }
}
