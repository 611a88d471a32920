// SPDX-License-Identifier: MIT
// If a header becomes unreadable while a reader follows, it waits for another
// one.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs/exists";
import { ABI, REGION_HEADER, RING_GEOMETRY } from "../../ring/layout.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { Guest } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import { ReaderProgram } from "../support/reader_program.ts";
import { reseal, say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What a guest may do to its header, and what the reader then reports. */
const BENT: [what: string, bend: (view: DataView) => void, says: string][] = [
  ["rings that cannot be", (view) => {
    const rings = view.getUint32(REGION_HEADER.ringsOffset, true);
    view.setUint32(rings + RING_GEOMETRY.nrBlocks, 1, true);
  }, "corrupt ring: ring 0 nrBlocks is 1"],
  ["no rings", (view) => {
    view.setUint32(REGION_HEADER.nrRings, 0, true);
  }, "corrupt ring: nrRings is 0"],
  ["another version", (view) => {
    view.setUint16(REGION_HEADER.abiMajor, ABI.ABI_MAJOR + 1, true);
  }, "the guest writes ABI"],
  ["other magic", (view) => {
    view.setUint32(REGION_HEADER.magic, 7, true);
  }, "not a ring"],
];

/**
 * Writes another header as a guest does, with the magic last.
 *
 * @param epoch The new header's epoch; 0 is that of the header before.
 */
function rewrite(
  guest: Guest,
  bend: (view: DataView) => void,
  epoch = 1,
): void {
  const { buffer } = guest.object;
  const bent = buffer.slice(0);
  const view = new DataView(bent);
  view.setUint32(REGION_HEADER.epoch, epoch, true);
  bend(view);
  reseal(bent);
  const live = new DataView(buffer);
  live.setBigUint64(REGION_HEADER.magic, 0n, true);
  new Uint8Array(buffer).set(new Uint8Array(bent, 8), 8);
  live.setBigUint64(
    REGION_HEADER.magic,
    view.getBigUint64(REGION_HEADER.magic, true),
    true,
  );
}

for (const [what, bend, says] of BENT) {
  Deno.test(`a header with ${what} is waited out`, async () => {
    using guest = new Guest();
    say(guest.writer, 0, "before\n");
    await using reader = new ReaderProgram("-s", guest.name);
    assertEquals(await reader.stdout.next(), "before");
    const good = guest.object.buffer.slice(0);
    rewrite(guest, bend);
    const told = await reader.stderr.until("waiting for another header");
    assertStringIncludes(told, says);
    // The same header is there again: the reader goes on where it was.
    new Uint8Array(guest.object.buffer).set(new Uint8Array(good));
    say(guest.writer, 0, "behind it\n");
    assertEquals(await reader.stdout.next(), "behind it");
    say(guest.format(), 1, "of a new session\n");
    assertEquals(await reader.stdout.next(), "of a new session");
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
  });
}

Deno.test("a header that cannot be read is reported, whatever its epoch", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "before\n");
  await using reader = new ReaderProgram("-s", guest.name);
  assertEquals(await reader.stdout.next(), "before");
  const good = guest.object.buffer.slice(0, REGION_HEADER.size);
  rewrite(
    guest,
    (view) => view.setUint32(REGION_HEADER.nrRings, 5000, true),
    0,
  );
  const told = await reader.stderr.until("waiting for another header");
  assertStringIncludes(told, "corrupt ring: nrRings is 5000");
  new Uint8Array(guest.object.buffer).set(new Uint8Array(good));
  say(guest.writer, 0, "behind it\n");
  assertEquals(await reader.stdout.next(), "behind it");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

Deno.test("record: a header that cannot be read is waited out", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  say(guest.writer, 0, "before\n");
  await using reader = new ReaderProgram(
    ...["record", "-s", guest.name, "-o", folder.at("trace")],
  );
  while (!await exists(folder.at("trace/session-0"))) await pause();
  rewrite(
    guest,
    (view) => view.setUint32(REGION_HEADER.nrRings, 0, true),
  );
  await reader.stderr.until("waiting for another header");
  say(guest.format(), 1, "of a new session\n");
  while (!await exists(folder.at("trace/session-1"))) await pause();
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  const said = (await reader.stderr.rest()).join("\n");
  assert(said.includes("2 records"), said);
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

Deno.test("other places of the rings are a new session, though its id is the same", async () => {
  using guest = new Guest();
  const { buffer } = guest.object;
  say(guest.writer, 0, "before\n");
  const args = ["-s", guest.name, "--format", "json"];
  await using reader = new ReaderProgram(...args);
  using folder = new TempFolder();
  await using recorder = new ReaderProgram(
    ...["record", "-s", guest.name, "-o", folder.at("trace"), "-v"],
  );
  const next = async () => JSON.parse((await reader.stdout.next())!);
  assertEquals((await next()).message, "before");
  await recorder.stderr.until("the driver says");
  // This is from a driver that uses fewer rings, with the same session id.
  const sessionId = new DataView(buffer).getBigUint64(
    REGION_HEADER.sessionId,
    true,
  );
  const other = buffer.slice(0);
  const writer = new RegionWriter(other, { nrTrace: 1, sessionId });
  setLive(other, { state: ABI.STATE_RUNNING });
  say(writer, 0, "behind it\n");
  const live = new DataView(buffer);
  live.setBigUint64(REGION_HEADER.magic, 0n, true);
  new Uint8Array(buffer).set(new Uint8Array(other, 8), 8);
  live.setBigUint64(REGION_HEADER.magic, ABI.MAGIC, true);
  const { event, reason } = await next();
  assertEquals([event, reason], ["guest", "session"]);
  assertEquals((await next()).message, "behind it");
  for (const program of [reader, recorder]) {
    await program.stderr.until("the guest has formatted its rings again");
    program.kill("SIGTERM");
    assertEquals(await program.ended(), 0);
  }
});
