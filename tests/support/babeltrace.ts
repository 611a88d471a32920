// SPDX-License-Identifier: MIT
/**
 * The real babeltrace2, as the judge of our traces.
 *
 * @module
 */

/** What babeltrace2 found in a trace. */
export interface Trace {
  /** Per `cpu_id` (as text): each event's sequence, name and data. */
  readonly events: Map<string, { seq: number; name: string; data: string }[]>;
  /** Sum of discarded events. */
  readonly discarded: number;
}

/** Whether it is there; with IVRING_REQUIRE_BABELTRACE=1 it has to be. */
export function haveBabeltrace(): boolean {
  try {
    new Deno.Command("babeltrace2", { args: ["--version"], stdout: "null" })
      .outputSync();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (Deno.env.get("IVRING_REQUIRE_BABELTRACE") === "1") {
      throw new Error("babeltrace2 is missing: apt-get install babeltrace2");
    }
    return false;
  }
}

/**
 * Opens a trace.
 *
 * @throws {Error} if babeltrace2 has anything to complain of but lost events.
 */
export async function openTrace(path: string): Promise<Trace> {
  const { code, stdout, stderr } = await new Deno.Command("babeltrace2", {
    args: ["--clock-cycles", path],
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
  const events: Trace["events"] = new Map();
  for (const line of text(stdout).split("\n")) {
    if (line === "") continue;
    const match = line.match(
      /(\w+): \{ .*?cpu_id = (\d+),.*? seq = (\d+) \}, \{ (.*) \}$/,
    );
    if (match === null) throw new Error(`unexpected line: ${line}`);
    const [, name, cpu, seq, data] = match;
    const list = events.get(cpu) ?? [];
    list.push({ seq: Number(seq), name, data });
    events.set(cpu, list);
  }
  return { events, discarded };
}
