// SPDX-License-Identifier: MIT
// A real guest's rings are recorded as a CTF trace. babeltrace2 finds in it
// what the reader printed, and reports as discarded what the reader lost.
import { assert, assertEquals } from "@std/assert";
import {
  fieldsOf,
  haveBabeltrace,
  NO_CPU,
  openTrace,
  shownText,
  type TraceEvent,
} from "../support/babeltrace.ts";
import { ReaderProgram } from "../support/reader_program.ts";
import { Machine } from "./machine.ts";
import { CPUS } from "./qemu.ts";
import { figureOf } from "./reader_process.ts";
import { guestFiles, vmTest } from "./support.ts";

const RECORDER_MS = 60_000;
const REGION_BYTES = 2 << 20;
const LOAD = "insmod ivring.ko && insmod ivring_test.ko";
/** So many messages overwrite each CPU's ring several times. */
const FLOOD_COUNT = 10_000;
const FLOOD =
  `for c in 0 1 2 3; do ./ivtest user $c ${FLOOD_COUNT} & done; wait`;
const TRICKLE = "for c in 0 1 2 3; do ./ivtest user $c 40; done";
/** A message that is longer than a record, and stands in the trace as parts. */
const LONG = "head -c 20000 /dev/zero | tr '\\0' x > /dev/ivring0";

/** One line of `--format json`. */
interface Line {
  readonly cpu: number | null;
  readonly seq: number;
  readonly event: string;
  readonly message: string;
}

/** The events that both show as text, and the event's field that holds it. */
const TEXT_FIELDS: Readonly<Record<string, string>> = {
  message: "data",
  klog: "text",
};

/** Returns a text of the trace as it is printed: without its newline. */
function textOf({ seq, name, data }: TraceEvent) {
  const text = fieldsOf(data).get(TEXT_FIELDS[name])!;
  return { seq, event: name, text: text.replace(/\\n"$/, '"') };
}

async function compare(lines: string[], path: string): Promise<number> {
  const trace = await openTrace(path);
  const printed = new Map<string, ReturnType<typeof textOf>[]>();
  for (const line of lines) {
    const { cpu, seq, event, message } = JSON.parse(line) as Line;
    if (TEXT_FIELDS[event] === undefined) continue;
    const key = String(cpu ?? NO_CPU);
    const list = printed.get(key) ?? [];
    list.push({ seq, event, text: shownText(message) });
    printed.set(key, list);
  }
  let events = 0;
  let parts = 0;
  for (const [cpu, list] of trace.events) {
    const ofPart = new Set(
      list.filter(({ name }) => name === "part").map(({ seq }) => seq),
    );
    const whole = list.filter(({ name }) => TEXT_FIELDS[name] !== undefined)
      .map(textOf);
    // A message that the reader joined has the sequence number of its last
    // part.
    const expected = printed.get(cpu)?.filter(({ seq }) => !ofPart.has(seq));
    assertEquals(whole, expected, `CPU ${cpu}`);
    events += list.length;
    parts += ofPart.size;
  }
  assert(parts > 1);
  console.log(
    `  babeltrace2: ${events} events as printed, ${parts} of them parts, ` +
      `${trace.discarded} discarded`,
  );
  assert(trace.discarded > 0);
  return trace.discarded;
}

vmTest("a recorded trace of a real guest", async (built) => {
  const path = await Deno.makeTempDir();
  try {
    await using machine = await Machine.start({
      regions: [{ bytes: REGION_BYTES }],
      files: guestFiles(built),
    });
    await machine.run(LOAD);
    await machine.run(TRICKLE);
    const name = `/${machine.regionNames[0]}`;
    await using reader = new ReaderProgram("-s", name, "--format", "json");
    await using recorder = new ReaderProgram(
      "record",
      "-s",
      name,
      "-o",
      path,
    );
    await machine.run("echo here > /dev/ivring0");
    await reader.stdout.until('"here"');
    await traceHolds(path, ["here\n"]);
    const both = [reader, recorder];
    for (const each of both) each.kill("SIGSTOP");
    await machine.run(FLOOD);
    for (const each of both) each.kill("SIGCONT");
    // Both readers must be past the flood. What follows takes the oldest
    // blocks, and would otherwise be lost by the slower reader only.
    const last = [0, 1, 2, 3].map((cpu) => `A${cpu} ${FLOOD_COUNT - 1} `);
    for (const text of last) {
      if (!reader.stdout.all.some((line) => line.includes(text))) {
        await reader.stdout.until(text);
      }
    }
    await traceHolds(path, last);
    await machine.run(LONG);
    await machine.run(TRICKLE);
    for (const each of both) each.kill("SIGINT");
    const printed = await reader.stdout.rest();
    const [said, told] = await Promise.all(both.map(async (each) => {
      const text = (await each.stderr.rest()).join("\n");
      assertEquals(await each.ended(), 0, text);
      return text;
    }));
    const lost = figureOf(said, "lost");
    assertEquals(figureOf(told, "lost"), lost);
    assertEquals(figureOf(told, "late"), 0, "no time had to be raised");
    assertEquals(await compare(printed, path), lost);
    assertEquals(await machine.faults(), []);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}, haveBabeltrace() ? [] : ["babeltrace2"]);

/** Waits until the rings' files hold all of these texts. */
async function traceHolds(
  path: string,
  texts: readonly string[],
): Promise<void> {
  const folder = `${path}/session-0/epoch-0`;
  const deadline = performance.now() + RECORDER_MS;
  const decoder = new TextDecoder("latin1");
  while (true) {
    const rings: string[] = [];
    for (let i = 0; i <= CPUS; i++) {
      const bytes = await Deno.readFile(`${folder}/ring-${i}`)
        .catch(() => new Uint8Array());
      rings.push(decoder.decode(bytes));
    }
    const holds = (text: string) => rings.some((ring) => ring.includes(text));
    if (texts.every(holds)) return;
    if (performance.now() > deadline) throw new Error(`not all of ${texts}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
