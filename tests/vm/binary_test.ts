// SPDX-License-Identifier: MIT
// Tests the executable, alone in an empty directory, with a real guest.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiledReader, LoneBinary } from "../support/binary.ts";
import { Machine } from "./machine.ts";
import { guestFiles, LOAD, vmTest } from "./support.ts";

const REGION_BYTES = 2 << 20;
const LINES = 500;

const binary = await compiledReader();
const name = "the executable alone reads a running guest";

if ("missing" in binary) {
  Deno.test({
    name: `${name} (skipped: ${binary.missing})`,
    ignore: true,
    fn() {},
  });
} else {
  vmTest(name, async (built) => {
    using alone = new LoneBinary(binary);
    await using machine = await Machine.start({
      regions: [{ bytes: REGION_BYTES }],
      files: guestFiles(built),
    });
    await machine.run(LOAD);
    await machine.run(
      `i=0; while [ $i -lt ${LINES} ]; do echo "line $i"; i=$((i+1)); done ` +
        "> /dev/ivring0",
    );
    const args = ["-s", `/${machine.regionNames[0]}`, "--once"];
    const { code, stdout, stderr } = await alone.run(...args, "-v");
    assertEquals(code, 0, stderr);
    const lines = stdout.split("\n").filter((line) => /^line \d+$/.test(line));
    assertEquals(lines, Array.from({ length: LINES }, (_, i) => `line ${i}`));
    assertStringIncludes(stderr, "the driver says: running");
    assertStringIncludes(stderr, "0 lost, 0 dropped, 0 corrupt");
    assertEquals(alone.files(), ["ivring_reader"]);
    assertEquals(await machine.faults(), []);
    console.log(`  ${lines.length} lines, read by the executable alone`);
  });
}
