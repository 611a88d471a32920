// SPDX-License-Identifier: MIT
// Full rings that were written one after the other: each has to wait for those
// before it.
import { assertEquals } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Guest, summary } from "../support/guest.ts";
import { runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";

/** The length of a text, two of which fill the largest block. */
const TEXT_BYTES = 30_000;
const RECORDS = 34;

for (const args of [[], ["-n", "1000"]]) {
  Deno.test(`full rings are read to their ends: ${args.join(" ")}`, async () => {
    const blockBytes = ABI.BLOCK_BYTES_MAX;
    const options = { nrTrace: 3, blockBytes, klogBytes: 4 * blockBytes };
    using guest = new Guest(options, 4 << 20);
    let written = 0;
    for (let ring = 0; ring < 3; ring++) {
      for (let i = 0; i < RECORDS; i++) {
        say(guest.writer, ring, `${written++}`.padEnd(TEXT_BYTES) + "\n");
      }
    }
    const { code, stdout, stderr } = await runReader(
      ...["-s", guest.name, "--once", ...args],
    );
    assertEquals(code, 0, stderr);
    assertEquals(
      stdout.trimEnd().split("\n").map((line) => Number(line)),
      Array.from({ length: written }, (_, i) => i),
    );
    const bytes = written * (TEXT_BYTES + 1);
    assertEquals(stderr, summary(written, bytes) + "\n");
  });
}
