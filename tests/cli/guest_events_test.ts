// SPDX-License-Identifier: MIT
// Every command that follows a guest reports changes of its state.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Guest } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import {
  readerCommand,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { uniqueName } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

/** Sends heartbeats as a driver does, until it is disposed of. */
class Heart implements Disposable {
  readonly #timer: number;

  constructor({ object }: Guest) {
    let beats = 100;
    this.#timer = setInterval(() => {
      setLive(object.buffer, { heartbeat: ++beats });
    }, 100);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Leaves out what differs from guest to guest and from run to run. */
function told({ object, state, reason, fields, ...rest }: Json, name: string) {
  assertEquals(object, name);
  assertEquals(rest.event, "guest");
  // It also has all members of a record, so that a table can have the same
  // columns.
  assertEquals(
    [rest.cpu, rest.ring, rest.seq, rest.clock],
    [null, null, null, null],
  );
  assert(Math.abs(Date.parse(rest.timestamp) - Date.now()) < 600_000);
  assertEquals(
    Object.keys(fields),
    ["previous", "session", "epoch", "heartbeats", "still_s", "panic"],
  );
  return [fields.previous, state, reason];
}

Deno.test("json: what happens to a guest, among its records, in order", async () => {
  using guest = new Guest();
  const { name, object: { buffer } } = guest;
  await using reader = new ReaderProgram("-s", name, "--format", "json");
  const next = async () => JSON.parse((await reader.stdout.next())!);
  const becomes = async (...expected: (string | null)[]) => {
    const line = await next();
    assertEquals(told(line, name), expected);
    return line;
  };
  say(guest.writer, 0, "before\n");
  assertEquals((await next()).message, "before");
  // It comes after what the guest wrote before, although that is held back.
  for (let i = 0; i < 3; i++) say(guest.writer, i, `last words ${i}\n`);
  const panicText = "Fatal\x1b exception";
  const { STATE_PANICKED: state, REASON_PANIC: reason } = ABI;
  setLive(buffer, { state, reason, panicText });
  for (let i = 0; i < 3; i++) {
    assertEquals((await next()).message, `last words ${i}`);
  }
  const panic = await becomes("running", "panicked", "panic");
  assertEquals(panic.severity, "crit");
  assertEquals(panic.fields.panic, "Fatal\x1b exception");
  assertEquals(panic.message, "the guest panicked: Fatal\x1b exception");

  setLive(buffer, { state: 0, reason: 0, panicText: "" });
  guest.writer.restart();
  setLive(buffer, { state: ABI.STATE_RUNNING });
  say(guest.writer, 0, "started again\n");
  const start = await becomes("panicked", "running", "start");
  assertEquals([start.fields.epoch, start.fields.panic], [1, null]);
  for (let i = 0; i < 3; i++) assertEquals((await next()).event, "takeover");
  assertEquals((await next()).message, "started again");

  setLive(buffer, { reason: ABI.REASON_SHUTDOWN });
  await becomes("running", "down", "shutdown");
  const again = guest.format();
  say(again, 0, "formatted again\n");
  const session = await becomes("down", "running", "session");
  assertEquals(session.fields.session.length, 16);
  assertEquals((await next()).message, "formatted again");

  setLive(buffer, { state: ABI.STATE_SUSPENDED });
  await becomes("running", "suspended", "driver");
  setLive(buffer, { state: 77 });
  await becomes("suspended", "state 77", "driver");
  again.unload();
  assertEquals(
    (await becomes("state 77", "unloaded", "driver")).severity_number,
    13,
  );
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  // Each of them is also reported as a note, and none is counted as a record.
  const notes = (await reader.stderr.rest()).join("\n");
  for (
    const text of [
      `${name}: the guest panicked: Fatal\\x1b exception`,
      `${name}: the guest's driver has started again: epoch 1`,
      `${name}: the guest shuts down or restarts`,
      `${name}: the guest has formatted its rings again: a new session`,
      `${name}: the guest is suspended`,
      `${name}: the guest's driver is gone`,
      "ivring_reader: 9 records, ",
    ]
  ) assertStringIncludes(notes, text);
});

Deno.test("json: a guest whose heartbeat stands still hangs, until it beats", async () => {
  using guest = new Guest();
  const { name } = guest;
  await using reader = new ReaderProgram("-s", name, "--format", "json", "-q");
  const next = async () => JSON.parse((await reader.stdout.next())!);
  {
    using _heart = new Heart(guest);
    // This is longer than the heartbeat may stand still.
    for (let i = 0; i < 7; i++) {
      say(guest.writer, 0, `line ${i}\n`);
      assertEquals((await next()).message, `line ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  const hung = await next();
  assertEquals(told(hung, name), ["running", "hung", "heartbeat"]);
  assertEquals([hung.severity, hung.fields.still_s >= 5], ["err", true]);
  assertStringIncludes(hung.message, "its heartbeat has stood still for ");
  {
    using _heart = new Heart(guest);
    assertEquals(told(await next(), name), ["hung", "running", "heartbeat"]);
  }
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  assertEquals(await reader.stderr.rest(), []); // -q
});

Deno.test("whatever follows says that a guest hangs: text, several, a recorder", async () => {
  using folder = new TempFolder();
  using a = new Guest();
  using b = new Guest();
  using without = new Guest();
  setLive(a.object.buffer, { heartbeat: 7 });
  using _heart = new Heart(b);
  const metrics = folder.at("ivring.prom");
  const reported = async (...args: string[]) => {
    await using reader = new ReaderProgram(...args);
    await reader.stderr.until(`${a.name}: the guest does not run: its heart`);
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
    const rest = await reader.stderr.rest();
    // Guests with a heartbeat, or that never had one, are not reported.
    for (const { name } of [b, without]) {
      assert(!rest.some((line) => line.includes(`${name}: the g`)), `${rest}`);
    }
    assertEquals(await reader.stdout.rest(), []); // marks were not requested
  };
  await Promise.all([
    reported("-s", a.name),
    reported(
      ...["-s", without.name, "-s", a.name, "-s", b.name],
      ...["--metrics-file", metrics],
    ),
    reported("record", "-s", a.name, "-o", folder.at("trace")),
  ]);
  const text = folder.read("ivring.prom");
  const stateOf = (name: string, state: string) =>
    text.includes(`guest_state{object="${name}",state="${state}"} 1\n`);
  assert(stateOf(a.name, "hung") && stateOf(b.name, "running"), text);
});

Deno.test("a state that a reader finds at its start is reported as found; running is not reported", async () => {
  using guest = new Guest();
  const { name, object: { buffer } } = guest;
  const dumped = async (...args: string[]) => {
    const { stdout, code } = await runReader(...args, "--format", "json");
    assertEquals(code, 0);
    return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  say(guest.writer, 0, "words\n");
  assertEquals((await dumped("-s", name, "--once")).length, 1);
  setLive(buffer, { state: ABI.STATE_PANICKED });
  using folder = new TempFolder();
  await Deno.writeFile(folder.at("copy"), new Uint8Array(buffer));
  for (
    const args of [
      ["-s", name, "--once"],
      ["dump", "-s", name],
      ["dump", "--image", folder.at("copy")],
      ["-s", name, "--once", "-n", "1"], // it is not counted
      ["-s", name, "--once", "--level", "emerg"], // and has no level
      ["-s", name, "--once", "--event", "message", "--event", "guest"],
    ]
  ) {
    const [message, last, ...more] = await dumped(...args);
    assertEquals([message.message, more], ["words", []]);
    assertEquals(
      [last.event, last.fields.previous, last.state, last.reason],
      ["guest", null, "panicked", "attached"],
    );
  }
  for (const filter of [["--event", "message"], ["--cpu", "0"]]) {
    const lines = await dumped("-s", name, "--once", ...filter);
    assertEquals(lines.map(({ event }) => event), ["message"]);
  }
  const [only] = await dumped("-s", name, "--once", "--event", "g*t");
  assertEquals(only.state, "panicked");
});

Deno.test("a dump says that its guest hangs, once it has looked", async () => {
  using guest = new Guest();
  const { name, object: { buffer } } = guest;
  say(guest.writer, 0, "words\n");
  setLive(buffer, { heartbeat: 7 });
  const last = async () => {
    const { stdout, stderr } = await runReader(
      ...["dump", "-s", name, "--format", "json"],
    );
    const { event, state, fields } = JSON.parse(
      stdout.trimEnd().split("\n").at(-1)!,
    );
    // Nothing was reported before.
    if (event === "guest") assertEquals(fields.previous, null);
    return [event, state, stderr.includes("the guest does not run")];
  };
  assertEquals(await last(), ["guest", "hung", true]);
  setLive(buffer, { utcNs: BigInt(Date.now() + 1000) * 1_000_000n });
  using _heart = new Heart(guest);
  assertEquals(await last(), ["message", undefined, false]);
});

Deno.test("a guest that comes is reported, one that goes, and one in its place", async () => {
  const name = uniqueName();
  await using reader = new ReaderProgram("-s", name, "--format", "json");
  await reader.stderr.until("waiting");
  const next = async () => {
    const { message, state, reason } = JSON.parse(
      (await reader.stdout.next())!,
    );
    return state === undefined ? message : [state, reason];
  };
  {
    using first = new Guest({}, undefined, name);
    say(first.writer, 0, "first\n");
    assertEquals(await next(), "first");
    assertEquals(await next(), ["running", "attached"]);
    Deno.removeSync(first.object.path);
    using second = new Guest({}, undefined, name);
    say(second.writer, 0, "second\n");
    assertEquals(await next(), ["gone", "replaced"]);
    assertEquals(await next(), "second");
    assertEquals(await next(), ["running", "attached"]);
  }
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

for (const [what, several] of [["one -s", false], ["several", true]] as const) {
  Deno.test(`an object that is removed while its guest lives on is reported, among the records: ${what}`, async () => {
    using guest = new Guest();
    using other = new Guest();
    const { name, object: { buffer } } = guest;
    using _heart = new Heart(guest);
    const more = several ? ["-s", other.name] : [];
    await using reader = new ReaderProgram(
      ...["-s", name, ...more, "--format", "json"],
    );
    const next = async () => JSON.parse((await reader.stdout.next())!);
    say(guest.writer, 0, "before\n");
    assertEquals((await next()).message, "before");
    Deno.removeSync(guest.object.path);
    const removed = await next();
    assertEquals(told(removed, name), ["running", "running", "removed"]);
    assertEquals(
      [removed.severity, removed.message],
      ["warning", "the object was removed: reading on until it is back"],
    );
    say(guest.writer, 0, "after\n");
    assertEquals((await next()).message, "after");
    setLive(buffer, { state: ABI.STATE_PANICKED, reason: ABI.REASON_PANIC });
    assertEquals(told(await next(), name), ["running", "panicked", "panic"]);
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
    const notes = (await reader.stderr.rest()).filter((line) =>
      line.includes("was removed")
    );
    assertEquals(notes, [
      `ivring_reader: ${name}: the object was removed: reading on until it is ` +
      "back",
    ]);
  });
}

Deno.test("text has a mark of a removed object, too", async () => {
  using guest = new Guest();
  await using reader = new ReaderProgram("-s", guest.name, "-v");
  say(guest.writer, 0, "before\n");
  assertEquals(await reader.stdout.next(), "before");
  Deno.removeSync(guest.object.path);
  assertEquals(
    await reader.stdout.next(),
    "--- the object was removed: reading on until it is back ---",
  );
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

/**
 * Cuts a guest's object while a reader follows.
 *
 * @returns The reader's exit code, and what it printed last.
 */
async function cutShort(): Promise<[number, Json]> {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  await using reader = new ReaderProgram("-s", guest.name, "--format", "json");
  await reader.stdout.next();
  // By then the reader is asleep most of the time between its rounds.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await Deno.truncate(guest.object.path, 0);
  const lines = await reader.stdout.rest();
  return [await reader.ended(), JSON.parse(lines.at(-1)!)];
}

Deno.test("an object that can no longer be read is gone", async () => {
  // Truncation between the check and the reading raises a signal, which is
  // rare.
  for (let attempt = 1;; attempt++) {
    const [code, last] = await cutShort();
    if (code !== 1 && attempt < 3) continue;
    assertEquals([code, last.state, last.reason], [1, "gone", "unreadable"]);
    return;
  }
});

Deno.test("text has marks of it with -v, and on a terminal, where no note is", async () => {
  using guest = new Guest();
  const { name } = guest;
  say(guest.writer, 0, "words\n");
  const { STATE_PANICKED: state } = ABI;
  setLive(guest.object.buffer, { state, panicText: "a\x1b[2Jb" });
  const args = ["-s", name, "--once"];
  const mark = "--- the guest panicked: a\\x1b[2Jb ---";
  const plain = await runReader(...args);
  assertEquals(plain.stdout, "words\n");
  assertStringIncludes(plain.stderr, "the guest panicked: a\\x1b[2Jb\n");
  // A mark that is requested by its name is printed.
  const named = await runReader(...args, "--event", "Guest");
  assertEquals(named.stdout, `${mark}\n`);
  const others = await runReader(...args, "--event", "*");
  assertEquals(others.stdout, "words\n");
  const verbose = await runReader(...args, "-v");
  assertEquals(verbose.stdout, `words\n${mark}\n`);
  const stamped = await runReader(...args, "-v", "--time", "utc");
  const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z --- the guest pan/m;
  assert(stamp.test(stamped.stdout), stamped.stdout);
  const { stdout } = await runCommand(
    ["script", "-qec", readerCommand(args).join(" "), "/dev/null"],
  );
  const shown = stdout.replaceAll("\r\n", "\n");
  assertStringIncludes(shown, `words\n${mark}\n`);
  assertEquals(shown.split("panicked").length, 2, shown);
});
