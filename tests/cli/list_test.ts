// SPDX-License-Identifier: MIT
// Tests `list`, which shows the rings and the state of their guests.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { rateOf } from "../../cli/regions/look_twice.ts";
import { ABI } from "../../ring/layout.ts";
import { Guest, REGION_BYTES } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import { OwnReader } from "../support/own_reader.ts";
import { Program, runCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SharedObject } from "../support/shared_object.ts";

/** Returns what is listed about one object; the test may have others. */
async function listed(name: string): Promise<Record<string, unknown>> {
  using reader = new OwnReader();
  const { code, stdout, stderr } = await reader.run("list", "--json");
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  return lines.find(({ object }) => object === name);
}

Deno.test("list: a live guest, its rate, what it claims", async () => {
  using guest = new Guest({
    guestName: "web\x1b[31m01",
    driverVersion: "2\x1b",
  });
  using own = new OwnReader();
  await using reader = new Program(own.command(["list", "--json"]));
  // Heartbeat and rate are seen to change, whenever the two looks happen.
  let beats = 0;
  const timer = setInterval(() => {
    setLive(guest.object.buffer, { heartbeat: ++beats });
    say(guest.writer, beats % 2, "beat\n");
  }, 20);
  const line = await reader.stdout.until(guest.name);
  clearInterval(timer);
  assert(!line.includes("\x1b"));
  const { rate, ...rest } = JSON.parse(line);
  assertEquals(rest, {
    object: guest.name,
    bytes: REGION_BYTES,
    state: "running",
    age: 0,
    guest: { name: "web\x1b[31m01", kernel: "", driver: "2\x1b" },
    panic: null,
    problem: null,
  });
  assert(rate > 0 && rate < 1000, `${rate}`);
  assertEquals(await reader.ended(), 0);
});

for (
  const [what, said, state, panic] of [
    ["whose heart stands still", { heartbeat: 7 }, "hung", null],
    ["that has no heart", {}, "running", null],
    ["that goes down", { reason: ABI.REASON_SHUTDOWN }, "down", null],
    [
      "that panicked",
      { state: ABI.STATE_PANICKED, panicText: "Fatal\x07 exception" },
      "panicked",
      "Fatal\x07 exception",
    ],
    ["without its driver", { state: ABI.STATE_UNLOADED }, "unloaded", null],
    ["that sleeps", { state: ABI.STATE_SUSPENDED }, "suspended", null],
    ["of a state to come", { state: 77 }, "state 77", null],
  ] as const
) {
  Deno.test(`list: a guest ${what}`, async () => {
    using guest = new Guest();
    const hourAgo = BigInt(Date.now() - 3_600_000) * 1_000_000n;
    setLive(guest.object.buffer, { ...said, utcNs: hourAgo });
    const ring = await listed(guest.name);
    assertEquals([ring.state, ring.rate, ring.panic], [state, 0, panic]);
    const age = ring.age as number;
    assert(age >= 3600 && age < 3700, `${age}`);
  });
}

Deno.test("list: a rate is a number that no parser rounds, or unknown", () => {
  assertEquals([rateOf(20, 2000), rateOf(-5, 2000)], [10, 0]);
  const most = Number.MAX_SAFE_INTEGER;
  assertEquals([rateOf(most, 1000), rateOf(most + 1, 1000)], [most, null]);
  assertEquals(rateOf(2 ** 52 * 4096, 1), null);
});

Deno.test("list: a clock ahead of ours tells no age", async () => {
  using guest = new Guest();
  setLive(guest.object.buffer, { utcNs: 0xffffffffffffffffn });
  assertEquals((await listed(guest.name)).age, null);
});

Deno.test("list: what no guest has formatted, what is refused and why", async () => {
  using unformatted = new SharedObject(REGION_BYTES);
  using refused = new Guest();
  using other = new SharedObject(REGION_BYTES + 4096);
  await runCommand(["chmod", "666", refused.object.path]);
  const empty = await listed(unformatted.name);
  assertEquals([empty.state, empty.guest], ["unformatted", null]);
  const bad = await listed(refused.name);
  assertEquals([bad.state, bad.guest, bad.rate], ["refused", null, null]);
  assertMatch(String(bad.problem), /^may be written to by others/);
  // These are zeros, of a size that no device has.
  assertEquals(await listed(other.name), undefined);
});

Deno.test("list: columns for people, safe on a terminal", async () => {
  using guest = new Guest({ guestName: "evil\x1b[2J\nguest" });
  setLive(guest.object.buffer, { state: ABI.STATE_UNLOADED });
  using reader = new OwnReader();
  const { code, stdout, stderr } = await reader.run("list");
  assertEquals([code, stderr], [0, ""]);
  const [head, ...rows] = stdout.trimEnd().split("\n");
  assertMatch(head, /^OBJECT +SIZE +STATE +HEARTBEAT +RECORDS\/S +GUEST$/);
  assertEquals(rows.length, 1);
  const [row] = rows;
  assert(row.startsWith(`${guest.name} `), row);
  assertMatch(row, / 1 MiB +unloaded +/);
  assert(row.endsWith("  evil\\x1b[2J\\x0aguest, kernel ?"), row);
  assertEquals(row.indexOf("unloaded"), head.indexOf("STATE"));
  assertEquals(row.indexOf("evil"), head.indexOf("GUEST"));
});
