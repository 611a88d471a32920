// SPDX-License-Identifier: MIT
// A guest is reset, rebooted and restarted while one reader follows. The kernel
// log that the reader sees has every line of every boot, once.
import { assert, assertEquals } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import {
  assertSame,
  besideLog,
  guestLog,
  type LogLine,
  logLines,
} from "./klog.ts";
import { Machine } from "./machine.ts";
import { Follower } from "./messages.ts";
import { guestFiles, vmTest } from "./support.ts";

const MIB = 1 << 20;
const LINES = 100;
const PARAMETERS = "quiet printk.devkmsg=on log_buf_len=1M";
const WRITE =
  `./ivtest say 1 ${LINES} && for i in 1 2 3; do echo mark > /dev/ivring0; done`;

/** What the kernel logs by itself at any time if the host is slow. */
const OF_ITS_OWN = /^hrtimer: interrupt took \d+ ns$/;

/** Lives one boot up to its end, and returns its whole log. */
async function live(machine: Machine): Promise<LogLine[]> {
  await machine.run("insmod ivring.ko");
  await machine.run(WRITE);
  // The driver is unloaded, the kernel logs something, and the driver is loaded
  // again: the same boot goes on.
  await machine.run("rmmod ivring");
  await machine.run("echo while it was away > /dev/kmsg");
  await machine.run("insmod ivring.ko");
  await machine.run(WRITE);
  return await guestLog(machine);
}

/** The ways in which a boot ends, and what the kernel logs while it does. */
const ENDS: readonly {
  readonly name: string;
  end(machine: Machine): Promise<void>;
  readonly lastWords: RegExp;
}[] = [
  {
    name: "reset",
    end: (machine) => machine.monitor("system_reset"),
    lastWords: /^$/,
  },
  {
    name: "ordered reboot",
    end: (machine) => machine.send("reboot -f"),
    lastWords: /^(.*\n)*reboot: Restarting system\nreboot: machine restart$/,
  },
  {
    name: "emergency restart",
    end: (machine) => machine.send("echo b > /proc/sysrq-trigger"),
    lastWords: /^sysrq: Resetting$/,
  },
];

vmTest("boots one after the other, one reader", async (built) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 8 * MIB }],
    parameters: PARAMETERS,
    resets: true,
    monitor: true,
    files: guestFiles(built),
  });
  await machine.run("insmod ivring.ko && rmmod ivring");
  using follower = new Follower(machine.regionNames[0]);
  follower.start();
  const boots: LogLine[][] = [];
  for (const { end } of [...ENDS, { end: null }]) {
    boots.push(await live(machine));
    if (end === null) continue;
    await end(machine);
    await machine.bootedAgain();
  }
  follower.stop();
  const { lost, dropped, missed, corrupt, rewound, sessions } = follower.totals;
  assertEquals(
    { lost, dropped, missed, corrupt, rewound, sessions },
    { lost: 0, dropped: 0, missed: 0, corrupt: 0, rewound: 0, sessions: 0 },
  );
  const all = logLines(follower.messages.all);
  let at = 0;
  boots.forEach((boot, i) => {
    assertSame(all.slice(at, at + boot.length), boot);
    at += boot.length;
    const next = all.findIndex(({ seq }, k) => k >= at && seq === 0);
    const rest = all.slice(at, next < 0 ? all.length : next);
    at += rest.length;
    const said = rest.map(({ text }) => text)
      .filter((text) => !OF_ITS_OWN.test(text)).join("\n");
    const { lastWords, name } = ENDS[i] ?? { lastWords: /^$/, name: "none" };
    assert(lastWords.test(said), `${name}: ${said}`);
    // Numbers go on to the end of the boot.
    assertEquals(
      rest.map(({ seq }) => seq),
      rest.map((_, k) => boot.length + k),
    );
  });
  assertEquals(at, all.length);
  const { written } = follower.messages;
  assertEquals(written.length, boots.length * 6);
  const epochs = new Set(follower.messages.all.map(({ epoch }) => epoch));
  assertEquals(epochs.size, 1 + 2 * boots.length);
  const starts = follower.messages.all.filter(({ id }) => id === ABI.ID_CLOCK);
  assert(starts.length >= epochs.size, "a clock record for each epoch");
  console.log(
    `  ${boots.length} boots, ${epochs.size} starts of the driver, ` +
      `${all.length} lines, each once`,
  );
});

vmTest("another geometry is another session", async (built) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 8 * MIB }],
    parameters: PARAMETERS,
    files: guestFiles(built),
  });
  await machine.run("insmod ivring.ko");
  using follower = new Follower(machine.regionNames[0]);
  follower.catchUp();
  follower.start();
  await machine.run("rmmod ivring && insmod ivring.ko block_bytes=4096");
  await machine.run("echo after > /dev/kmsg");
  const { guest, seen } = await besideLog(machine, () => follower.logged());
  follower.stop();
  assertEquals(follower.totals.sessions, 1);
  // The new session has the whole log again, because nothing was left to
  // continue.
  const lines = logLines(seen);
  const second = lines.findLastIndex(({ seq }) => seq === 0);
  assert(second > 0, "the first session was read too");
  assertSame(lines.slice(second), guest);
});
