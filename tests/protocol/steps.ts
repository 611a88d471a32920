// SPDX-License-Identifier: MIT
/**
 * Makes regions with the small writer, saved after every event, and lets both
 * readers follow them.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { readHeader } from "../../ring/header.ts";
import { ABI, RING_DESC, RING_LIVE } from "../../ring/layout.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { makeRegion, part, say } from "../support/regions.ts";
import { BothReaders, type SampleClass } from "./agreement.ts";

/** A region at one moment. */
export interface Step {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Lets both readers follow a region that changes in steps. */
export function follow(
  steps: readonly Step[],
  where: string,
  sample?: SampleClass,
): BothReaders {
  const region = new Uint8Array(steps[0].bytes);
  const readers = BothReaders.attach(region.buffer, where, sample);
  assert(readers !== null, where);
  for (const { name, bytes } of steps) {
    region.set(bytes);
    readers.read(name);
  }
  readers.finish("at the end");
  return readers;
}

const BLOCK_BYTES = 4096;
/** How many bytes of a block records can take. */
const ROOM = BLOCK_BYTES - 64;

/** Returns a writer's offset in its block, padding included. */
function placeIn(buffer: ArrayBuffer, ring: number): number {
  const { descOffset } = readHeader(buffer)!.rings[ring];
  const at = descOffset + RING_DESC.live + RING_LIVE.commit;
  return new DataView(buffer).getUint32(at, true) % BLOCK_BYTES;
}

/** Makes every state that the small writer can leave behind. */
export function makeSteps(): Step[] {
  const steps: Step[] = [];
  const options = { nrTrace: 2, blockBytes: BLOCK_BYTES, klogBytes: 16384 };
  const { buffer, writer } = makeRegion(options, 1 << 17);
  const save = (name: string) =>
    steps.push({ name, bytes: new Uint8Array(buffer.slice(0)) });
  const live = () => readHeader(buffer)!.rings[0].descOffset + RING_DESC.live;
  const drops = (value: bigint) =>
    new DataView(buffer).setBigUint64(live() + RING_LIVE.drops, value, true);

  save("nothing written");
  for (let bytes = 1; bytes < 20; bytes++) say(writer, 0, "x".repeat(bytes));
  save("paddings of all sizes");
  say(writer, 0, "l".repeat(30_000));
  writer.write(1, ABI.ID_PART, part(0, 0, 30, "first of three"));
  say(writer, 1, "between");
  save("a message under way");
  writer.write(1, ABI.ID_PART, part(0, 14, 30, "and the rest of it"));
  writer.write(1, ABI.ID_PART, part(2, 14, 16, "no"));
  save("the rest, and the rest of another");
  for (let pad = 0; pad < 8; pad++) {
    const ring = pad % 2;
    const half = "h".repeat(ROOM / 2 - 16);
    for (let i = 0; i < 4 * pad; i++) say(writer, ring, half);
    while (placeIn(buffer, ring) !== 64 + ROOM / 2) say(writer, ring, half);
    say(writer, ring, half.slice(pad));
    assertEquals(placeIn(buffer, ring), pad);
    save(`exactly full, padding ${pad}`);
  }
  writer.write(0, ABI.ID_PART, part(77, 0, 30, "whose end is lost"));
  save("another message under way");
  for (let i = 0; i < 4000; i++) say(writer, i % 2, `line ${i}`);
  drops(5n);
  save("lapped, and 5 dropped");
  writer.restart();
  writer.log({ seq: 1n, text: "after the restart" });
  writer.announce(1n, ABI.ANNOUNCE_START);
  save("another start of the driver");
  for (let i = 0; i < 300; i++) say(writer, i % 2, `more ${i}`);
  drops(9n);
  save("4 more dropped");
  const later = new RegionWriter(buffer, options);
  save("a later session, nothing written");
  say(later, 0, "over the blocks of the one before");
  for (let i = 0; i < 500; i++) say(later, 1, `again ${i}`);
  save("a later session");
  return steps;
}
