// SPDX-License-Identifier: MIT
// Tests how a host sees what happens to a real guest: it is stopped, goes on,
// its driver is unloaded and loaded again, and QEMU is killed.
import { assert, assertEquals } from "@std/assert";
import { ReaderProgram } from "../support/reader_program.ts";
import { Machine } from "./machine.ts";
import { guestFiles, LOAD, vmTest } from "./support.ts";

vmTest("a guest that is stopped, left by its driver, killed", async (built) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 4 << 20 }],
    monitor: true,
    files: guestFiles(built),
  });
  await machine.run(LOAD);
  await using reader = new ReaderProgram(
    ...["-s", `/${machine.regionNames[0]}`, "-n", "0"],
    ...["--format", "json", "--event", "guest", "-v"],
  );
  await reader.stderr.until("the driver says: running");
  let last = "running";
  const becomes = async (wanted: string, ...reasons: string[]) => {
    for (;;) {
      const line = await reader.stdout.next();
      assert(line !== null, `the reader has ended; no ${wanted}`);
      const { fields, state, reason } = JSON.parse(line);
      const previous = reason === "attached" ? null : last;
      assertEquals(fields.previous, previous, line);
      last = state;
      if (state === wanted && reasons.includes(reason)) return;
      // A busy host may starve a guest for a while.
      assert(["hung", "running"].includes(state), line);
      assertEquals(reason, "heartbeat", line);
    }
  };
  await machine.monitor("stop");
  // If the guest was stopped before a heartbeat was seen, it was hung all
  // along.
  await becomes("hung", "heartbeat", "attached");
  await machine.monitor("cont");
  await becomes("running", "heartbeat");
  await machine.run("rmmod ivring_test ivring");
  await becomes("unloaded", "driver");
  await machine.run(LOAD);
  await becomes("running", "start");
  await machine.crash();
  await becomes("hung", "heartbeat");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});
