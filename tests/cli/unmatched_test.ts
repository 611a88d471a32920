// SPDX-License-Identifier: MIT
// If --event and --cpu name what no guest has, this is reported once.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Guest, REGION_BYTES } from "../support/guest.ts";
import { ReaderProgram, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SCHED_ID, SCHED_TEXT } from "../support/sample_events.ts";
import { uniqueName } from "../support/shared_object.ts";

/**
 * Makes a guest with CPUs 0 and 1 that has described sched_switch, if wanted.
 */
function guestWith(sched: boolean, name?: string): Guest {
  const guest = new Guest({ metaBytes: 16384 }, REGION_BYTES, name);
  if (sched) {
    assert(guest.writer.describe(SCHED_ID, SCHED_TEXT));
  }
  say(guest.writer, 0, "hello\n");
  return guest;
}

/** Picks what a reader reports about options. */
function reported(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line.includes("option --"))
    .map((line) => line.replace("ivring_reader: option --", ""));
}

const NOWHERE = 'event: nothing is called "nosuch" yet: no guest has ' +
  "described such an event";

Deno.test("what no guest has is reported, with what was probably meant", async () => {
  using guest = guestWith(true);
  const cases: readonly (readonly [string[], string[]])[] = [
    [["--event", "nosuch"], [NOWHERE]],
    [["--event", "sched_swich"], [
      'event: nothing is called "sched_swich" yet: did you mean sched_switch?',
    ]],
    [["--event", "schd:*"], [
      'event: nothing is called "schd:*" yet: did you mean sched:*?',
    ]],
    [["--event", "klgo"], [
      'event: nothing is called "klgo" yet: did you mean klog?',
    ]],
    [["--cpu", "99"], ["cpu: no ring of CPU 99: there are 0-1"]],
    [["--cpu", "1,5-7,99"], [
      "cpu: no ring of CPUs 5 to 7: there are 0-1",
      "cpu: no ring of CPU 99: there are 0-1",
    ]],
    // Each of these is there, or at least a part of it.
    [["--event", "SCHED:*", "--event", "klog", "--event", "s*"], []],
    [["--event", "guest", "--event", "opaque", "--cpu", "0-63"], []],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr } = await runReader("dump", guest.name, ...args);
    assertEquals([code, reported(stderr)], [0, expected], args.join(" "));
    const quiet = await runReader("dump", guest.name, ...args, "-q");
    assertEquals([quiet.code, quiet.stderr], [0, ""]);
  }
});

Deno.test("of several guests, what one of them has is there", async () => {
  const base = uniqueName();
  using _a = guestWith(false, `${base}-a`);
  using _b = guestWith(true, `${base}-b`);
  const { stderr } = await runReader(
    ...["dump", `${base}-*`, "--event", "sched_switch", "--event", "nosuch"],
  );
  assertEquals(reported(stderr), [NOWHERE]);
});

Deno.test("a guest that comes later is looked at, once", async () => {
  const name = uniqueName();
  await using reader = new ReaderProgram("-s", name, "--event", "nosuch");
  await reader.stderr.until("waiting: ");
  assertEquals(reported(reader.stderr.all.join("\n")), []);
  using guest = guestWith(true, name);
  assertStringIncludes(await reader.stderr.until("option --event"), "nosuch");
  // After the guest formats it again it still lacks them, which is already
  // known.
  say(guest.format(), 0, "hello\n");
  await reader.stderr.until("a new session");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  const all = await reader.stderr.rest();
  assertEquals(reported(all.join("\n")), [NOWHERE]);
});
