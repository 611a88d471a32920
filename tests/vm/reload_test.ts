// SPDX-License-Identifier: MIT
// The driver is unloaded and loaded again, under load, while a reader follows.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Machine } from "./machine.ts";
import { Follower, type Messages } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import { checkStreams } from "./stream.ts";
import { guestFiles, LOAD, parseFigures, vmTest } from "./support.ts";

const MIB = 1 << 20;
const COUNT = 2_000;
const ROUNDS = 4;
const ADDRESS = "0000:01:00.0";
const DRIVER = "/sys/bus/pci/drivers/ivring";

async function reloadTest(machine: Machine): Promise<void> {
  using follower = new Follower(machine.regionNames[0]);
  const { sessionId } = follower.reader.info;
  follower.start();
  let before = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) {
      await machine.run("rmmod ivring_test ivring");
      assertEquals(follower.reader.state, ABI.STATE_UNLOADED);
      await machine.run(LOAD);
      assertEquals(follower.reader.state, ABI.STATE_RUNNING);
    }
    const streams = `for c in 0 1 2 3; do ./ivtest user $c ${COUNT} & ` +
      `./ivtest kernel $c "stream ${COUNT}" & done; wait`;
    const figures = parseFigures(await machine.run(streams));
    const written = figures
      .map(({ user = 0, task = 0, timer = 0, irq_work = 0 }) =>
        user + task + timer + irq_work
      )
      .reduce((a, b) => a + b, 0);
    // The reader is some rounds behind; what it holds back comes by itself.
    follower.catchUp();
    const { written: all } = follower.messages;
    assertEquals(all.length - before, written, `start ${round}`);
    const found = checkStreams(all.slice(before));
    assertEquals(found.messages, written);
    assert(all.slice(before).every((m) => m.epoch === round), "epochs");
    before = all.length;
  }
  follower.stop();
  const { totals, reader, messages } = follower;
  assertEquals(reader.info.sessionId, sessionId);
  assertEquals(reader.info.epoch, ROUNDS - 1);
  const { lost, dropped, missed, corrupt, rewound, sessions } = totals;
  assertEquals(
    { lost, dropped, missed, corrupt, rewound, sessions },
    { lost: 0, dropped: 0, missed: 0, corrupt: 0, rewound: 0, sessions: 0 },
  );
  const markers = messages.all.filter((m) => m.id === ABI.ID_TAKEOVER);
  assertEquals(markers.length, (ROUNDS - 1) * 5, "one for each ring");
  assertStringIncludes(await machine.kernelLog(), "session continued");
  console.log(
    `  ${before} messages over ${ROUNDS} loads of the driver, each once`,
  );
}

/**
 * Returns how many records each CPU's ring has had so far; sequences begin at
 * 0.
 */
function ringLengths({ last }: Messages): Map<number, number> {
  return new Map([...last].map(([cpu, { seq }]) => [cpu, seq + 1]));
}

/** Waits until two programs have opened the device. */
const OPENED_TWICE = "until [ $(ls -l /proc/[0-9]*/fd 2>/dev/null | " +
  "grep -c /dev/ivring0) -ge 2 ]; do sleep 0.1; done";

async function unbindTest(machine: Machine): Promise<void> {
  using follower = new Follower(machine.regionNames[0]);
  follower.catchUp();
  const before = ringLengths(follower.messages);
  const { missed } = follower.totals;
  const tracedBefore = follower.messages.traced.length;
  follower.start();
  const writers = `(./ivtest loop /tmp/stop > /tmp/user0 & ` +
    `./ivtest reopen /tmp/stop > /tmp/user1 & ` +
    `./ivtest kernel 2 "loop 0" > /tmp/kernel & wait; touch /tmp/done) ` +
    `> /dev/null 2>&1 &`;
  await machine.run(writers);
  await machine.run(OPENED_TWICE);
  for (let round = 0; round < ROUNDS; round++) {
    await machine.run(
      `sleep 0.3; echo ${ADDRESS} > ${DRIVER}/unbind && ` +
        `test ! -e /dev/ivring0 && sleep 0.2 && ` +
        `echo ${ADDRESS} > ${DRIVER}/bind && test -c /dev/ivring0`,
    );
  }
  // The device is bound again and, one way or another, written to again.
  await machine.run('sleep 0.3; touch /tmp/stop; ./ivtest kernel 3 "stop 1"');
  await machine.run("while [ ! -e /tmp/done ]; do sleep 0.1; done");
  const [user0, user1] = parseFigures(
    await machine.run("cat /tmp/user0 /tmp/user1"),
  );
  const [kernel] = parseFigures(await machine.run("cat /tmp/kernel"));
  // The first writer never opens the device again, the second whenever it can.
  for (const { written, no_device, other } of [user0, user1, kernel]) {
    assert(written > 0 && no_device > 0, "writes, then ENODEV");
    assertEquals(other, 0);
  }
  assert(user1.opened > 1, `opened ${user1.opened} times`);
  assertEquals(user0.opened, 1);
  await machine.run("echo bound again > /dev/ivring0");
  follower.stop();
  const { totals, messages } = follower;
  const came = messages.traced.slice(tracedBefore);
  const count = (text: string) => came.filter((m) => m.text === text).length;
  const fromUser = count("from a looping writer\n");
  const fromKernel = count("from a kernel thread\n");
  const takeovers = came.filter((m) => m.id === ABI.ID_TAKEOVER).length;
  assertEquals(count("bound again\n"), 1);
  assertEquals(fromUser + fromKernel + takeovers + 1, came.length);
  // Nothing slows these writers down. What the reader could not keep up with is
  // lost, and counted exactly.
  const user = user0.written + user1.written;
  const written = user + kernel.written + 1 + ROUNDS * CPUS;
  const { lost } = totals;
  assertEquals(came.length + lost, written);
  assert(fromUser <= user && fromKernel <= kernel.written, "each once");
  assert(takeovers <= ROUNDS * CPUS, "each once");
  const length = ringLengths(messages);
  const logged = messages.all.length - messages.traced.length;
  assertEquals(length.get(ABI.CPU_NONE), logged, "the kernel log's ring");
  const grown = Array.from(
    { length: CPUS },
    (_, cpu) => length.get(cpu)! - before.get(cpu)!,
  );
  assertEquals(grown.reduce((a, b) => a + b, 0), written, "sequences");
  assertEquals(totals.missed, missed);
  assertEquals(totals.dropped + totals.corrupt, 0);
  console.log(
    `  ${ROUNDS} unbinds under load: ${fromUser} + ${fromKernel} messages, ` +
      `each once; ${lost} lost, ${totals.late} late; ${
        user0.no_device + user1.no_device + kernel.no_device
      } ENODEV`,
  );
}

/**
 * Tests a writer that dies. It leaves an oops behind, so it is the last thing
 * that the guest does.
 */
async function deadWriterTest(machine: Machine): Promise<void> {
  using follower = new Follower(machine.regionNames[0]);
  follower.catchUp();
  const { lost } = follower.totals;
  const before = follower.messages.traced.length;
  const { status } = await machine.tryRun('./ivtest kernel 1 "die 64"');
  assert(status !== 0, "the writer dies");
  await machine.run("./ivtest user 1 5");
  follower.stop();
  const { totals, messages } = follower;
  const after = messages.traced.slice(before);
  assertEquals(after.map((m) => m.id), [
    ABI.ID_TAKEOVER,
    ...Array<number>(5).fill(ABI.ID_MESSAGE),
  ]);
  assertEquals(checkStreams(after).next.get("1 user"), 5);
  assertEquals(totals.lost - lost, 1, "what it was writing");
  assertEquals(totals.corrupt, 0);
  const faults = await machine.faults();
  assert(faults.some((line) => line.includes("general protection")));
  assert(!faults.some((line) => /BUG:|WARNING:/.test(line)), faults.join("\n"));
}

vmTest("the driver goes and comes back", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 256 * MIB }],
    files: guestFiles(built),
  });
  await machine.run(LOAD);
  await t.step("unloaded and loaded again", () => reloadTest(machine));
  await t.step("unbound under load", () => unbindTest(machine));
  assertEquals(await machine.faults(), []);
  await t.step("a writer dies half-way", () => deadWriterTest(machine));
});
