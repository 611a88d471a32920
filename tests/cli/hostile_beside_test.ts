// SPDX-License-Identifier: MIT
// Whatever a guest writes, other guests lose nothing because of it.
import { assert, assertEquals } from "@std/assert";
import { ABI, PART } from "../../ring/layout.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";
import { Guest } from "../support/guest.ts";
import { ReaderProgram } from "../support/reader_program.ts";
import { part, say } from "../support/regions.ts";

/**
 * The size of the region of a guest with very many CPUs, whose rings are full
 * of records that are costly to read.
 */
const HOSTILE_BYTES = 64 << 20;
const HOSTILE = { nrTrace: 500, blockBytes: 16384 };
/**
 * These are written within some nine seconds. A ring is lapped if the reader is
 * away for a third of that, which a loaded machine does not cause by itself.
 */
const RECORDS = 80_000;
const GOOD_BYTES = 2 << 20;

/**
 * Writes parts, each of which claims to begin or to continue the longest
 * message.
 */
function claims(writer: RegionWriter): void {
  const payloads = [0, 7].map((offset) =>
    part(0, offset, ABI.MESSAGE_BYTES_MAX, "abcdefgh")
  );
  const perRing = HOSTILE_BYTES / (HOSTILE.nrTrace + 1) / 64;
  for (let ring = 0; ring < HOSTILE.nrTrace; ring++) {
    for (let i = 0; i < perRing; i++) {
      const payload = payloads[i % 2];
      const seq = Math.imul(i, 2654435761) >>> 0;
      new DataView(payload.buffer).setUint32(PART.firstSeq, seq, true);
      writer.write(ring, ABI.ID_PART, payload);
    }
  }
}

for (const format of ["text", "json"]) {
  Deno.test(`beside a hostile guest all of a good one arrives: ${format}`, async () => {
    using hostile = new Guest(HOSTILE, HOSTILE_BYTES);
    using good = new Guest({}, GOOD_BYTES);
    say(good.writer, 0, "first\n");
    await using reader = new ReaderProgram(
      ...["-s", good.name, "-s", hostile.name, "--format", format, "-v"],
      ...["--cpu", "0-1"],
    );
    await reader.stdout.until("first");
    // If a guest formats its region again, it is read from its oldest block on.
    claims(hostile.format());
    const arrived = reader.stdout.until("the end of it");
    for (let i = 0; i < RECORDS; i++) {
      say(good.writer, i % 2, `record ${i}\n`);
      if (i % 20 === 0) await new Promise((done) => setTimeout(done, 2));
    }
    say(good.writer, 0, "the end of it\n");
    await arrived;
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
    const numbers = new Set<string>();
    for (const line of reader.stdout.all) {
      const found = /record (\d+)/.exec(line);
      if (found) numbers.add(found[1]);
    }
    assertEquals(numbers.size, RECORDS);
    const said = await reader.stderr.rest();
    const account = said.find((line) =>
      line.includes(`${good.name}: `) &&
      line.includes(" lost")
    );
    assert(account?.includes(", 0 lost, "), said.join("\n"));
  });
}
