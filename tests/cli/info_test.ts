// SPDX-License-Identifier: MIT
// Tests `info`, which prints all that a region says of itself.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { ABI, REGION_HEADER, RING_LIVE } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { Guest, REGION_BYTES } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import { runReader } from "../support/reader_program.ts";
import { reseal, say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { RING_DESC } from "../../ring/layout.ts";

async function infoOf(...args: string[]) {
  const { code, stdout, stderr } = await runReader("info", "--json", ...args);
  assertEquals([code, stderr, stdout.split("\n").length], [0, "", 2]);
  return JSON.parse(stdout);
}

Deno.test("info: geometry, state, clocks, counters", async () => {
  using guest = new Guest({
    guestName: "(none)",
    driverVersion: "0.1.0",
    sessionId: 0xabcdefn,
  });
  const { buffer } = guest.object;
  for (let i = 0; i < 20_000; i++) say(guest.writer, 0, `line ${i}\n`);
  say(guest.writer, 1, "one\n");
  const header = new DataView(buffer);
  const base = header.getBigUint64(REGION_HEADER.clockBase, true);
  const utc = header.getBigUint64(REGION_HEADER.utcBaseNs, true);
  setLive(buffer, {
    state: ABI.STATE_PANICKED,
    reason: ABI.REASON_PANIC,
    heartbeat: 17,
    panicText: "Fatal exception",
    guestName: "web01",
    clockValue: base + 5_000_000_000n,
    utcNs: utc + 5_000_000_123n,
  });
  const info = await infoOf("-s", guest.name);
  assertEquals(info.object, guest.name);
  assertEquals([info.bytes, info.region], [REGION_BYTES, REGION_BYTES]);
  assertEquals([info.session, info.epoch], ["0000000000abcdef", 0]);
  assertEquals(info.guest, { name: "web01", kernel: "", driver: "0.1.0" });
  assertEquals(info.clock, {
    id: "monotonic",
    hz: 1_000_000_000,
    base: String(base),
    utcBaseNs: String(utc),
    driftNs: 123,
  });
  const { age, ...live } = info.live;
  assertEquals(live, {
    state: "panicked",
    reason: "panic",
    panic: "Fatal exception",
    heartbeats: "17",
    mode: "overwrite",
    doorbells: "0",
  });
  assertEquals(info.consumer, null);
  assert(age === null || age >= 0); // the guest's clock is five seconds ahead
  assertEquals(info.rings.length, 3);
  const [zero, one, klog] = info.rings;
  assertEquals([zero.kind, zero.cpu, zero.records], ["trace", 0, 20_000]);
  const { totals } = new RegionReader(buffer);
  assert(totals.missed > 0);
  assertEquals([zero.missed, one.missed], [totals.missed, 0]);
  assertEquals([one.records, one.position - one.oldest], [1, 64 + 24]);
  assertEquals([klog.kind, klog.cpu, klog.bytes], ["kernel log", null, 65536]);
});

Deno.test("info: the same for people, and of a copy", async () => {
  using guest = new Guest({
    guestName: "evil\x1b[2J",
    driverVersion: "1\x1b",
  });
  using folder = new TempFolder();
  say(guest.writer, 1, "one\n");
  setLive(guest.object.buffer, { heartbeat: 7 });
  const copy = folder.at("copy");
  await Deno.writeFile(copy, new Uint8Array(guest.object.buffer));
  const object = await runReader("info", "-s", guest.name);
  const image = await runReader("info", "--image", copy);
  assertEquals([object.code, object.stderr], [0, ""]);
  // A copy has no heartbeat.
  const still = /^state +hung: does not run: .*$/m;
  assertMatch(object.stdout, still);
  assertEquals(
    image.stdout.split("\n").slice(1),
    object.stdout.replace(still, "state       running, reason none")
      .split("\n").slice(1),
  );
  const { stdout } = image;
  assertStringIncludes(
    object.stdout,
    `object      ${guest.name}, 1048576 bytes\n`,
  );
  assertStringIncludes(
    stdout,
    "evil\\x1b[2J, kernel ?, driver 1\\x1b (as it claims)\n",
  );
  assertStringIncludes(stdout, "\nstate       running, reason none\n");
  // This is a reason that the reader does not know.
  setLive(guest.object.buffer, { heartbeat: 0, reason: 7 });
  const unknown = await runReader("info", "-s", guest.name);
  assertStringIncludes(unknown.stdout, "\nstate       running, reason 7\n");
  assertStringIncludes(
    stdout,
    "\nRING  CPU   BYTES  POSITION  RECORDS  DROPPED",
  );
});

Deno.test("info: a guest whose heart beats runs, whatever its clock says", async () => {
  using guest = new Guest();
  const { buffer } = guest.object;
  let beats = 0;
  const state = async (utcMs: number) => {
    setLive(buffer, { utcNs: BigInt(utcMs) * 1_000_000n, heartbeat: ++beats });
    return (await infoOf("-s", guest.name)).live.state;
  };
  assertEquals(await state(Date.now() - 3_600_000), "hung");
  const timer = setInterval(() => {
    setLive(buffer, { heartbeat: ++beats });
  }, 100);
  assertEquals(await state(Date.now() - 3_600_000), "running");
  assertEquals(await state(Date.now() + 3_600_000), "running");
  clearInterval(timer);
});

Deno.test("info: a drift that many parsers would round is a string of digits", async () => {
  using guest = new Guest();
  const { buffer } = guest.object;
  const header = new DataView(buffer);
  header.setBigUint64(REGION_HEADER.clockHz, 1n, true);
  reseal(buffer);
  const base = header.getBigUint64(REGION_HEADER.clockBase, true);
  const utc = header.getBigUint64(REGION_HEADER.utcBaseNs, true);
  const edge = 2n ** 53n;
  for (
    const [driftNs, shown] of [
      [edge - 1n, 9007199254740991],
      [1n - edge, -9007199254740991],
      [edge, "9007199254740992"],
      [-edge, "-9007199254740992"],
    ] as const
  ) {
    setLive(buffer, { clockValue: base, utcNs: utc + driftNs });
    assertEquals((await infoOf("-s", guest.name)).clock.driftNs, shown);
  }
  const clockValue = 2n ** 64n - 1n;
  setLive(buffer, { clockValue, utcNs: utc + 1n });
  const most = String(1n - (clockValue - base) * 1_000_000_000n);
  assertEquals((await infoOf("-s", guest.name)).clock.driftNs, most);
  const { stdout } = await runReader("info", "-s", guest.name);
  assertStringIncludes(stdout, `, drift since then ${most} ns\n`);
});

Deno.test("info: a byte order mark is a part of what the guest says", async () => {
  const mark = "\ufeff";
  using guest = new Guest({ driverVersion: `${mark}1` });
  const panicText = `${mark}Fatal`;
  setLive(guest.object.buffer, { guestName: `${mark}web01`, panicText });
  const info = await infoOf("-s", guest.name);
  assertEquals(info.live.panic, panicText);
  assertEquals(info.guest, {
    ...{ name: `${mark}web01`, kernel: "", driver: `${mark}1` },
  });
});

Deno.test("info: impossible numbers are shown as unknown", async () => {
  using guest = new Guest();
  const { buffer } = guest.object;
  const [ring] = new RegionReader(buffer).info.rings;
  const view = new DataView(buffer);
  const at = ring.descOffset + RING_DESC.live;
  for (const field of [RING_LIVE.commit, RING_LIVE.commitSeq]) {
    view.setBigUint64(at + field, 0xffffffffffffffffn, true);
  }
  const { rings } = await infoOf("-s", guest.name);
  assertEquals([rings[0].position, rings[0].records], [null, null]);
});

Deno.test("info: what is missing, or no ring, is one line, exit 1", async () => {
  using folder = new TempFolder();
  await Deno.writeFile(folder.at("short"), new Uint8Array(100));
  await Deno.writeFile(folder.at("zeros"), new Uint8Array(1 << 20));
  await Deno.writeFile(folder.at("empty"), new Uint8Array(0));
  for (
    const [args, says] of [
      [["-s", "/ivring-no-such"], "no shared memory object /ivring-no-such"],
      [["--image", folder.at("none")], "there is no such file"],
      [["--image", "ivring-no-such"], "check the name"],
      [["--image", folder.at("empty")], "empty: is empty"],
      [["--image", folder.path], "directory: give --image the name of a file"],
      [["--image", folder.at("short")], "not a ring: 100 bytes"],
      [["--image", folder.at("zeros")], "no guest has formatted"],
    ] as const
  ) {
    const { code, stdout, stderr } = await runReader("info", ...args);
    assertEquals([code, stdout, stderr.split("\n").length], [1, "", 2]);
    assertStringIncludes(stderr, says);
  }
});
