// SPDX-License-Identifier: MIT
// Four CPUs write at once, in every context. The host must read the same bytes.
import { assert, assertEquals } from "@std/assert";
import { Machine } from "./machine.ts";
import { CPUS } from "./qemu.ts";
import { Follower, readAll } from "./messages.ts";
import { checkStreams } from "./stream.ts";
import { guestFiles, LOAD, parseFigures, vmTest } from "./support.ts";

const MIB = 1 << 20;
/**
 * How many messages each CPU writes through the device, and as many by the
 * module.
 */
const COUNT = 15_000;
const TOKENS = 2_000;

/** Both halves on every CPU, all at once. */
const STREAMS = `for c in 0 1 2 3; do ./ivtest user $c ${COUNT} & ` +
  `./ivtest kernel $c "stream ${COUNT}" & done; wait`;

async function streamsTest(machine: Machine): Promise<void> {
  using follower = new Follower(machine.regionNames[0]);
  follower.start();
  const figures = parseFigures(await machine.run(STREAMS));
  follower.stop();
  const { totals, messages } = follower;
  const found = checkStreams(messages.written);

  assertEquals(figures.length, 2 * CPUS);
  let written = 0, bytes = 0, failed = 0, inside = 0;
  for (
    const { cpu, bytes: own, failed: no, inside: at, ...counts } of figures
  ) {
    for (const [source, count] of Object.entries(counts)) {
      assertEquals(found.next.get(`${cpu} ${source}`) ?? 0, count);
      written += count;
    }
    bytes += own;
    failed += no ?? 0;
    inside += at ?? 0;
  }
  assertEquals(failed, 0);
  assertEquals(found.messages, written);
  assertEquals(found.bytes, bytes);
  const { lost, dropped, missed, corrupt, truncated } = totals;
  assertEquals(
    { lost, dropped, missed, corrupt, truncated },
    { lost: 0, dropped: 0, missed: 0, corrupt: 0, truncated: 0 },
  );
  const nested = [...found.next].filter(([key]) => /timer|irq_work/.test(key))
    .reduce((sum, [, count]) => sum + count, 0);
  assert(nested > 0 && inside > 0, `${nested} nested, ${inside} inside`);
  console.log(
    `  ${written} messages, ${bytes} bytes equal on ${CPUS} CPUs; ` +
      `${nested} from interrupts, at least ${inside} interrupts came ` +
      `inside a write; late ${totals.late}`,
  );
  // Whoever reads afterwards gets the same from each CPU.
  const again = readAll(machine.regionCopy());
  assertEquals(checkStreams(again.messages.written).next, found.next);
}

async function tokenTest(machine: Machine): Promise<void> {
  using follower = new Follower(machine.regionNames[0]);
  follower.catchUp();
  const before = follower.messages.all.length;
  const tracedBefore = follower.messages.traced.length;
  const lateBefore = follower.totals.late;
  follower.start();
  await machine.run(`./ivtest token ${CPUS} ${TOKENS}`);
  follower.stop();
  const { all, traced } = follower.messages;
  const tokens = traced.slice(tracedBefore).map((m) => m.text);
  assertEquals(
    tokens,
    Array.from({ length: TOKENS }, (_, n) => `token ${n}\n`),
  );
  // Nobody passes the token to the kernel log. Each of its records may
  // therefore be late, or may make a token late that is written at the same
  // time.
  const others = all.length - before - tokens.length;
  const late = follower.totals.late - lateBefore;
  assert(late <= others, `${late} late, ${others} of the kernel log`);
  console.log(`  ${TOKENS} passes of the token between ${CPUS} CPUs in order`);
}

async function deviceTest(machine: Machine): Promise<void> {
  using follower = new Follower(machine.regionNames[0]);
  follower.catchUp();
  const before = follower.messages.traced.length;
  const said = await machine.run("./ivtest abi");
  const kernelSaid = await machine.run('./ivtest kernel 1 "errors 0"');
  follower.stop();
  assertEquals(said.trim().split("\n"), [
    "writev=26",
    "badwritev=EFAULT",
    "badwrite=EFAULT",
    "empty=0",
    "long=262144",
    "parts=102400",
    "lseek=ESPIPE",
    "pwrite=ESPIPE",
    "read=EINVAL",
  ]);
  assertEquals(
    kernelSaid.trim(),
    "unknown=-19 negative=-19 beyond=-19 null=-22 empty=0 nothing=0 long=262144",
  );
  const texts = follower.messages.traced.slice(before).map((m) => m.text);
  assertEquals(texts.length, 4);
  assertEquals(texts[0], "one message, three pieces\n");
  assert(texts[1] === "y".repeat(262144), "the cut message");
  assert(texts[2] === "z".repeat(102399) + "\n", "the message in parts");
  assert(texts[3] === "x".repeat(262143) + "\n", "the kernel's long message");
  assertEquals(follower.totals.truncated, 0);
}

vmTest("streams, token and device calls", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 64 * MIB }],
    files: guestFiles(built),
  });
  await machine.run(LOAD);
  await t.step("4 CPUs, all contexts: equal bytes", () => streamsTest(machine));
  await t.step("a token comes out in order", () => tokenTest(machine));
  await t.step("long, vectored and bad writes", () => deviceTest(machine));
  assertEquals(await machine.faults(), []);
});
