// SPDX-License-Identifier: MIT
// The host shortens or replaces an object while it is read.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest, REGION_BYTES, summary } from "../support/guest.ts";
import {
  Program,
  ReaderProgram,
  runCommand,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { uniqueName } from "../support/shared_object.ts";

/** The shell's exit code for a process that SIGBUS ended. */
const SIGBUS_CODE = 128 + 7;

async function truncate(guest: Guest): Promise<void> {
  const { path } = guest.object;
  const { code } = await runCommand(["truncate", "-s", "0", path]);
  assertEquals(code, 0);
}

/** What is left of a reader whose object was truncated. */
interface Cut {
  code: number;
  printed: string[];
  said: string[];
  name: string;
}

/**
 * Truncates the object of a reader.
 *
 * @param output The directory to record into; if not given, records are
 *   printed.
 */
async function cutShort(output?: string): Promise<Cut> {
  using guest = new Guest();
  const { name } = guest;
  say(guest.writer, 0, "hello\n");
  await using reader = output === undefined
    ? new ReaderProgram("-s", name)
    : new ReaderProgram("record", "-s", name, "-o", output);
  if (output === undefined) await reader.stdout.next();
  else await until(output, 1);
  // By then the reader is asleep most of the time between its looks.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await truncate(guest);
  const printed = await reader.stdout.rest();
  const said = await reader.stderr.rest();
  return { code: await reader.ended(), printed, said, name };
}

for (const what of ["read", "record"]) {
  Deno.test(`${what}: a truncated object ends it with an error`, async () => {
    // Truncation between the check and the reading raises a signal, which is
    // rare.
    for (let attempt = 1;; attempt++) {
      const path = await Deno.makeTempDir();
      try {
        const cut = await cutShort(what === "record" ? path : undefined);
        if (cut.code === SIGBUS_CODE && attempt < 3) continue;
        assertEquals(cut.printed, what === "read" ? ["hello"] : []);
        const [sum, error] = cut.said.slice(-2);
        assertStringIncludes(sum, ": 1 records, ");
        assertEquals(
          error,
          `ivring_reader: ${cut.name}: was truncated to 0 bytes, of ` +
            `${REGION_BYTES}: start the virtual machine and this reader again`,
        );
        assertEquals(cut.code, 1);
        return;
      } finally {
        await Deno.remove(path, { recursive: true });
      }
    }
  });
}

/** Waits until a trace directory holds this many sessions. */
async function until(path: string, sessions: number): Promise<void> {
  const deadlineMs = performance.now() + 60_000;
  while ([...Deno.readDirSync(path)].length < sessions) {
    assert(performance.now() < deadlineMs, `no ${sessions} sessions`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const UNSEEN = {
  "cli/regions/object_watch.ts": [{
    find: "if (now >= bytes) return null;",
    replace: "if (now >= 0) return null;",
  }],
};

Deno.test("control: a size that is not looked at, SIGBUS", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  using unguarded = new ChangedReader(UNSEEN);
  await using reader = new Program(unguarded.command(["-s", guest.name]));
  assertEquals(await reader.stdout.next(), "hello");
  await truncate(guest);
  assertEquals(await reader.ended(), SIGBUS_CODE);
});

/**
 * Changes after which the second look finds the object truncated, while the
 * first record is held back.
 */
const SOON_TRUNCATED = {
  find: "const now = this.#memory.currentBytes();",
  replace: "const now = this.#looks++ === 0 ? bytes : 0;",
};
const LOOKS = {
  find: "#lookedMs = performance.now();",
  replace: "#looks = 0; #lookedMs = performance.now();",
};

for (const held of [true, false]) {
  const name = held
    ? "what was read before an object was truncated is delivered"
    : "control: what is held is lost if it is not delivered";
  Deno.test(name, async () => {
    using guest = new Guest();
    say(guest.writer, 0, "hello\n");
    using changed = new ChangedReader({
      "cli/regions/object_watch.ts": [SOON_TRUNCATED, LOOKS],
      "cli/regions/region_life.ts": held ? [] : [{
        find: "work?.finish(true);",
        replace: "",
      }],
    });
    const { code, stdout } = await runCommand(
      changed.command(["-s", guest.name]),
    );
    assertEquals([code, stdout], [1, held ? "hello\n" : ""]);
  });
}

/** Replaces a guest by another one while a reader follows. */
async function replace(
  reader: Program,
  name: string,
  mode = 0o600,
): Promise<Guest> {
  {
    using before = new Guest({}, REGION_BYTES, name);
    say(before.writer, 0, "before\n");
    assertEquals(await reader.stdout.next(), "before");
    reader.kill("SIGSTOP");
    say(before.writer, 1, "last words\n");
  }
  const after = new Guest({}, REGION_BYTES, name);
  say(after.writer, 0, "after\n");
  const { path } = after.object;
  const { code } = await runCommand(["chmod", mode.toString(8), path]);
  assertEquals(code, 0);
  reader.kill("SIGCONT");
  assertEquals(await reader.stdout.next(), "last words");
  return after;
}

Deno.test("an object made anew is read after the old one", async () => {
  const name = uniqueName();
  await using reader = new ReaderProgram("-s", name);
  using after = await replace(reader, name);
  assertEquals(await reader.stdout.next(), "after");
  say(after.writer, 0, "more\n");
  assertEquals(await reader.stdout.next(), "more");
  reader.kill("SIGTERM");
  assertEquals((await reader.stdout.rest()).length, 4);
  const said = await reader.stderr.rest();
  assertEquals(said.slice(-2), [
    `ivring_reader: ${name} was made anew: attaching to the new one`,
    summary(4, 29) + ", 1 new session (the guest formatted the region again)",
  ]);
  assertEquals(await reader.ended(), 0);
});

Deno.test("control: without a look at the name, the new one is not read", async () => {
  const name = uniqueName();
  using unguarded = new ChangedReader({
    "ffi/shm.ts": [{
      find: 'return stat.identity === this.#identity ? "this" : "another";',
      replace: 'return "this";',
    }],
  });
  await using reader = new Program(unguarded.command(["-s", name]));
  using _after = await replace(reader, name);
  // This is three times as long as it takes until the reader looks at the name.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  reader.kill("SIGTERM");
  assertEquals(await reader.stdout.rest(), ["before", "last words"]);
  assertEquals(await reader.ended(), 0);
});

Deno.test("an object made anew has to be as good as the first", async () => {
  const name = uniqueName();
  await using reader = new ReaderProgram("-s", name);
  using _after = await replace(reader, name, 0o666);
  assertEquals(await reader.stdout.rest(), ["before", "last words"]);
  const said = await reader.stderr.rest();
  assertStringIncludes(said.at(-2)!, "2 records, 18 bytes, 0 lost");
  assertStringIncludes(
    said.at(-1)!,
    "others than its owner (mode 0666, rw-rw-rw-)",
  );
  assertEquals(await reader.ended(), 1);
});

Deno.test("record: each object gets a session of its own", async () => {
  const path = await Deno.makeTempDir();
  const name = uniqueName();
  try {
    await using reader = new ReaderProgram("record", "-s", name, "-o", path);
    for (const sessions of [1, 2]) {
      using guest = new Guest({}, REGION_BYTES, name);
      say(guest.writer, 0, "hello\n");
      await until(path, sessions);
    }
    reader.kill("SIGTERM");
    assertEquals(await reader.stdout.rest(), []);
    const said = await reader.stderr.rest();
    assertStringIncludes(said.at(-1)!, ": 2 records, ");
    assertStringIncludes(said.at(-1)!, ", 1 new session (");
    assertEquals(await reader.ended(), 0);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
