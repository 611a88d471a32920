// SPDX-License-Identifier: MIT
/**
 * trace-cmd over the network in the 2012 table: `trace-cmd record -N` in the
 * guest, `trace-cmd listen` on the host.
 *
 * @module
 */
import { sleepMs } from "../../cli/sleep.ts";
import { run } from "../tools/cc.ts";
import type { Machine } from "../vm/machine.ts";
import { findTool } from "../vm/kernel.ts";
import { started, withLibraries } from "../vm/shared_libraries.ts";
import { freePort, Server, type Started } from "./table_servers.ts";
import {
  GAVE_UP,
  guestWait,
  instanceOf,
  KERNEL,
  type Subject,
  switchEvents,
  SYSTEMS,
  WAKE_PERCENT,
} from "./table_subjects.ts";

const NEVER = new AbortController().signal;

/** The program, its server, and the files that the guest needs. */
interface TraceCmd {
  readonly server: Server;
  readonly files: Readonly<Record<string, string>>;
  readonly path: string;
}

/**
 * Starts the server.
 *
 * @param folder Where the server leaves its files; it must exist.
 */
function startTraceCmd(folder: string): Started<TraceCmd> {
  const path = findTool("trace-cmd");
  if (path === null) return { missing: "trace-cmd is not installed" };
  const port = freePort();
  const server = new Server(
    // Without --debug it gives up on a guest that is silent for 5 s, as slow
    // ones are.
    [path, "listen", "--debug", "-p", `${port}`, "-d", folder, "-o", "arrived"],
    port,
    folder,
  );
  return { server, files: withLibraries(path), path };
}

/** How it sends the pages of events; the default is UDP. */
type Protocol = "UDP" | "TCP";

/** Returns the row of a protocol, which needs the guest's network. */
function traceCmdSubject(
  { server, path }: TraceCmd,
  protocol: Protocol,
): Subject {
  const stem = `tracecmd-${protocol}`;
  const instance = instanceOf(stem);
  const tcp = protocol === "TCP" ? " -t" : "";
  const events = SYSTEMS.map((system) => `-e ${system}`).join(" ");
  const record = `${started(path)} record -N 10.0.2.2:${server.port} ` +
    `-B ${stem}${tcp} ${events}`;
  const log = `/tmp/${stem}.log`;
  return {
    ...KERNEL,
    name: `trace-cmd record -N${tcp} (${protocol})`,
    form: "pages",
    switch: (on) => switchEvents(instance, on),
    settle: "usleep 50000",
    counters: `cat ${instance}/per_cpu/cpu0/stats`,
    start: async (machine: Machine) => {
      // Once its recorder has opened the pipe, everything else is ready.
      const isUp = "ls -l /proc/[0-9]*/fd 2> /dev/null | " +
        `grep -q ${stem}/per_cpu/cpu0/trace_pipe_raw`;
      const said = await machine.run(
        `(sh -c 'echo $$ > /tmp/${stem}.pid; exec ${record}'; ` +
          `echo $? > /tmp/${stem}.end) > ${log} 2>&1 < /dev/null & ` +
          `${guestWait(isUp)}; usleep 300000; cat ${log}`,
      );
      if (said.includes(GAVE_UP)) throw new Error(`trace-cmd: ${said}`);
      await machine.run(
        `${switchEvents(instance, false)}; ` +
          `echo ${WAKE_PERCENT} > ${instance}/buffer_percent`,
      );
    },
    finish: async (machine: Machine) => {
      const said = await machine.run(
        `kill -INT $(cat /tmp/${stem}.pid); ` +
          `${guestWait(`[ -e /tmp/${stem}.end ]`)}; cat ${log}`,
      );
      if (said.includes(GAVE_UP)) throw new Error(`trace-cmd: ${said}`);
      return await countReport(path, server.folder);
    },
  };
}

/** How often to look whether the server has put its file together. */
const TRIES = 100;
const TRY_MS = 200;

/**
 * Counts the events in the server's file, once it is whole and no longer grows.
 */
async function countReport(program: string, folder: string): Promise<number> {
  let before = -1, why = "no file";
  for (let i = 0; i < TRIES; i++) {
    await sleepMs(TRY_MS, NEVER);
    for (const { name } of Deno.readDirSync(folder)) {
      if (!name.endsWith(".dat")) continue;
      const report = run(program, ["report", "-i", `${folder}/${name}`]);
      why = report.stderr;
      if (report.code !== 0) continue;
      const count = [...report.stdout.matchAll(/^\s*\S.*-\d+\s+\[\d+\]/gm)];
      if (count.length > 0 && count.length === before) return before;
      before = count.length;
    }
  }
  throw new Error(`trace-cmd listen left no file that can be read: ${why}`);
}

/** The rows of both protocols, and what the guest needs for them. */
export interface TraceCmdSubjects extends AsyncDisposable {
  readonly subjects: readonly Subject[];
  readonly files: Readonly<Record<string, string>>;
  readonly remarks: readonly string[];
}

/**
 * Starts the servers.
 *
 * @param base The folder for what arrives.
 * @param without Whether to leave them out.
 */
export function traceCmdSubjects(
  base: string,
  without: boolean,
): TraceCmdSubjects {
  const stack = new AsyncDisposableStack();
  const subjects: Subject[] = [], remarks: string[] = [];
  let files = {};
  for (const protocol of without ? [] : ["UDP", "TCP"] as const) {
    const folder = `${base}/tracecmd-${protocol}`;
    Deno.mkdirSync(folder);
    const started = startTraceCmd(folder);
    if ("missing" in started) {
      remarks.push(`trace-cmd, ${protocol}, is left out: ${started.missing}.`);
      continue;
    }
    stack.use(started.server);
    files = started.files;
    subjects.push(traceCmdSubject(started, protocol));
  }
  return {
    subjects,
    files,
    remarks,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
