// SPDX-License-Identifier: MIT
// A guest wakes its reader through the doorbell device. Otherwise the reader
// would sleep for ten minutes.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HOST, REGION_HEADER } from "../../ring/layout.ts";
import { Program, type ReaderProgram } from "../support/reader_program.ts";
import { until } from "../support/temp_folder.ts";
import { Machine } from "./machine.ts";
import { NEVER_MS, rings, Service } from "./served.ts";
import { guestFiles, LOAD, parseFigures, vmTest } from "./support.ts";

const REGION_BYTES = 8 << 20;
const WRITES = 20;
const IDLE_MS = 5_000;
/** How many messages each of four CPUs writes in the storm. */
const BURST = 250_000;
const STORM =
  `for c in 0 1 2 3; do ./ivtest kernel $c "burst ${BURST}" & done` +
  "; wait";
const SLEEPER = ["--max-delay", `${NEVER_MS}`, "-v", "--event", "message"];

/**
 * Returns the number that the reader last armed the doorbell with; it is one
 * more each time.
 */
function armed(machine: Machine): number {
  return machine.look((buffer) => {
    const view = new DataView(buffer);
    const page = view.getUint32(REGION_HEADER.hostOffset, true);
    return view.getUint32(page + HOST.armed, true);
  });
}

/** Writes a line, and waits until the reader has printed it. */
async function say(
  machine: Machine,
  reader: ReaderProgram,
  text: string,
): Promise<void> {
  await machine.run(`echo ${text} > /dev/ivring0`);
  await reader.stdout.until(text);
}

async function wakes(machine: Machine, reader: ReaderProgram): Promise<void> {
  await say(machine, reader, "first");
  const before = await rings(machine);
  for (let i = 0; i < WRITES; i++) await say(machine, reader, `line ${i}`);
  const rung = await rings(machine) - before;
  // What is written while the reader arms is seen without a ring.
  assert(rung > WRITES / 2, `${rung} rings for ${WRITES} lines`);
  console.log(`  ${WRITES} lines one by one: ${rung} rings`);
}

async function idle(machine: Machine): Promise<void> {
  const armings = armed(machine);
  const before = await rings(machine);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const rung = await rings(machine) - before;
  const armedAgain = (armed(machine) - armings) >>> 0;
  // At most, the guest has to announce its clock now and then.
  assert(rung <= 3 && armedAgain <= 4, `${rung} rings, ${armedAgain} armings`);
  console.log(`  ${IDLE_MS / 1000} s idle: ${rung} rings`);
}

async function storm(machine: Machine, reader: ReaderProgram): Promise<void> {
  const armings = armed(machine);
  const before = await rings(machine);
  const figures = parseFigures(await machine.run(STORM));
  const written = figures.reduce((sum, each) => sum + each.written, 0);
  await say(machine, reader, "after the storm");
  const rung = await rings(machine) - before;
  const armedAgain = (armed(machine) - armings) >>> 0;
  assertEquals(written, 4 * BURST);
  assert(rung > 0 && rung <= armedAgain + 1, `${rung} of ${armedAgain}`);
  assert(rung < written / 100, `${rung} rings`);
  console.log(
    `  a storm of ${written} records: ${rung} rings, ${armedAgain} armings`,
  );
}

/** Writes records that come while the reader has time to sleep in between. */
async function trickle(machine: Machine): Promise<void> {
  const armings = armed(machine);
  const before = await rings(machine);
  const [{ user }] = parseFigures(
    await machine.run(
      "(sleep 3; touch /tmp/stop) & ./ivtest until 1 /tmp/stop 1",
    ),
  );
  const rung = await rings(machine) - before;
  const armedAgain = (armed(machine) - armings) >>> 0;
  assert(rung > 0 && rung <= armedAgain + 1, `${rung} of ${armedAgain}`);
  assert(rung <= user, `${rung} rings for ${user} records`);
  console.log(
    `  ${user} records, a pause behind each: ${rung} rings, ${armedAgain} armings`,
  );
}

async function reloads(machine: Machine, reader: ReaderProgram): Promise<void> {
  await machine.run("rmmod ivring_test ivring");
  await machine.run("insmod ivring.ko doorbell=0");
  assertEquals(
    await machine.run("cat /sys/class/misc/ivring0/doorbells"),
    "none\n",
  );
  await machine.run("rmmod ivring");
  await machine.run(LOAD);
  const armings = armed(machine);
  await say(machine, reader, "loaded again");
  await until("it is armed", () => armed(machine) !== armings);
  const before = await rings(machine);
  await say(machine, reader, "woken again");
  assert(await rings(machine) > before, "rung");
}

/** Starts another QEMU with the same socket, which ends. */
async function refused(
  machine: Machine,
  reader: ReaderProgram,
  socket: string,
): Promise<void> {
  await using other = new Program([
    ...["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg"],
    ...["-nodefaults", "-display", "none"],
    ...["-chardev", `socket,path=${socket},id=c`],
    ...["-device", "ivshmem-doorbell,chardev=c,vectors=1"],
  ]);
  await reader.stderr.until("is refused");
  assertStringIncludes(
    (await other.stderr.rest()).join("\n"),
    "server sent version -1, expecting 0",
  );
  const before = await rings(machine);
  await say(machine, reader, "and the first one has its doorbell");
  assertEquals(await rings(machine), before + 1);
}

async function polls(machine: Machine, reader: ReaderProgram): Promise<void> {
  const before = await rings(machine);
  for (let i = 0; i < 5; i++) await say(machine, reader, `polled ${i}`);
  // The guest may ring once, as the first reader had armed, and then no more.
  assert(await rings(machine) <= before + 1, "nobody arms");
}

vmTest("a guest wakes its reader", async (built, t) => {
  using service = new Service(REGION_BYTES);
  const options = { regions: [service.region], files: guestFiles(built) };
  await using first = await service.start(...SLEEPER);
  await using machine = await Machine.start(options);
  await machine.run(LOAD);
  await t.step("by a write", () => wakes(machine, first));
  await t.step("and lets it sleep", () => idle(machine));
  await t.step("not too often", () => storm(machine, first));
  await t.step("nor for what it has seen", () => trickle(machine));
  await t.step("loaded again, too", () => reloads(machine, first));
  await t.step(
    "a second QEMU is refused",
    () => refused(machine, first, service.region.socket!),
  );
  assertEquals(await machine.faults(), []);

  await t.step("QEMU is killed", async () => {
    await machine.crash();
    await first.stderr.until("has disconnected");
  });

  await using next = await Machine.start(options);
  await next.run(LOAD);
  await t.step("the next one's guest wakes it", () => wakes(next, first));
  await t.step("also when it panics", async () => {
    await next.send("echo c > /proc/sysrq-trigger");
    // On a loaded host the reader may see the end before what came before it.
    await first.stderr.until("the guest panicked", "has disconnected");
    await next.ended();
  });

  await using last = await Machine.start(options);
  await last.run(LOAD);
  await say(last, first, "woken by the third");
  // QEMU knows the doorbell of the first reader, and does not ask for another.
  first.kill("SIGKILL");
  await first.ended();
  await using second = await service.start(...SLEEPER);
  await t.step("the next reader polls", () => polls(last, second));
});
