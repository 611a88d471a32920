// SPDX-License-Identifier: MIT
// CPUs go offline and come back under load.
import { assert, assertEquals } from "@std/assert";
import { assertSame, besideLog, logLines } from "./klog.ts";
import { Machine } from "./machine.ts";
import { Follower } from "./messages.ts";
import { checkStreams } from "./stream.ts";
import { guestFiles, LOAD, parseFigures, vmTest } from "./support.ts";

const MIB = 1 << 20;
const ROUNDS = 4;
const COUNT = 500;
const online = (cpu: number, on: number) =>
  `echo ${on} > /sys/devices/system/cpu/cpu${cpu}/online`;

vmTest("CPUs that go and come back", async (built) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 64 * MIB }],
    parameters: "quiet log_buf_len=1M",
    files: guestFiles(built),
  });
  await machine.run(LOAD);
  using follower = new Follower(machine.regionNames[0]);
  follower.start();
  // These writers are moved from CPU to CPU.
  await machine.run(
    "rm -f /tmp/stop; for i in 1 2 3; do " +
      "./ivtest loop /tmp/stop > /tmp/loop$i & done; true",
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const cpu of [1, 2, 3]) {
      await machine.run(online(cpu, 0));
      await machine.run(online(cpu, 1));
    }
  }
  await machine.run(
    "touch /tmp/stop; for i in 1 2 3; do " +
      "while ! [ -s /tmp/loop$i ]; do sleep 0.1; done; done",
  );
  // Every ring works as before.
  const figures = parseFigures(
    await machine.run(
      `for c in 0 1 2 3; do ./ivtest user $c ${COUNT} & done; wait`,
    ),
  );
  const loops = parseFigures(await machine.run("cat /tmp/loop?"));
  const { guest, seen } = await besideLog(machine, () => follower.logged());
  assertEquals(await machine.faults(), []);
  follower.stop();
  const { lost, dropped, missed, corrupt } = follower.totals;
  assertEquals({ lost, dropped, missed, corrupt }, {
    lost: 0,
    dropped: 0,
    missed: 0,
    corrupt: 0,
  });
  assertSame(logLines(seen), guest);
  const { written } = follower.messages;
  const looped = loops.reduce((sum, { written }) => sum + written, 0);
  assert(looped > 0 && loops.every((l) => l.no_device + l.other === 0));
  assertEquals(
    written.filter(({ text }) => text.startsWith("from a")).length,
    looped,
  );
  assertEquals(checkStreams(written).messages, COUNT * figures.length);
  console.log(
    `  ${looped} messages while CPUs went and came ${ROUNDS * 3} times`,
  );
});
