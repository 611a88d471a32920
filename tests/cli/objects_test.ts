// SPDX-License-Identifier: MIT
// Tests which objects are read. Each guard has a control: without the guard, an
// object that is refused here is read, or waited for, instead.
import { assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import type { Change } from "../support/changes.ts";
import { Guest, summary } from "../support/guest.ts";
import {
  type Ended,
  readerCommand,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { uniqueName } from "../support/shared_object.ts";
import { testerUid } from "../support/users.ts";

/** The id of a user that no test machine has. */
const STRANGER = 42_424;
const isRoot = testerUid() === 0;
const ROOT_ONLY = isRoot ? "" : " (skipped: only root gives files away)";

/** Makes a guest that wrote "hello", and does something to its object, "$1". */
async function tampered(script: string): Promise<Guest> {
  const guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const { object } = guest;
  const { code, stderr } = await runCommand(
    ["sh", "-c", script, "sh", object.path],
  );
  if (code === 0) return guest;
  guest[Symbol.dispose]();
  throw new Error(`${script}: ${stderr}`);
}

/** Runs a command that would hang if it were wrong; its code is then 137. */
function bounded(command: readonly string[], seconds = 60): Promise<Ended> {
  return runCommand(["timeout", "-s", "KILL", `${seconds}`, ...command]);
}

interface Refused {
  what: string;
  /** The shell script that makes this of the object "$1". */
  made: string;
  says: RegExp;
  args?: string[];
  /** The guard in cli/regions/objects.ts, without which the object is read. */
  guard?: Change;
  rootOnly?: boolean;
}

/**
 * The guards against other kinds of files. The second one is for programs that
 * give no rules.
 */
const KIND_GUARDS: Record<string, Change[]> = {
  "cli/regions/objects.ts": [{
    find: 'if (kind !== "file") {',
    replace: "if (false) {",
  }],
  "ffi/shm.ts": [{
    find: 'if (stat.kind !== "file") {',
    replace: "if (false) {",
  }],
};
const WRITABLE: Change = {
  find: "if ((mode & WRITABLE_BY_OTHERS) !== 0) {",
  replace: "if (false) {",
};

const REFUSED: Refused[] = [
  {
    what: "a FIFO",
    made: 'rm "$1"; mkfifo -m 600 "$1"',
    says: /is a pipe, no shared memory object: remove it/,
  },
  {
    what: "a symbolic link to a good object",
    made: 'mv "$1" "$1.real"; ln -s "$1.real" "$1"',
    says: /is a symbolic link: check that -s names/,
  },
  {
    what: "a directory",
    made: 'rm "$1"; mkdir "$1"',
    says: /is a directory, no shared memory object: remove it/,
  },
  {
    what: "a device",
    made: 'rm "$1"; mknod -m 600 "$1" c 1 5',
    // If devices are not allowed in /dev/shm, it cannot even be opened.
    says: /is a character device, no shared|permission denied/,
    rootOnly: true,
  },
  {
    what: "an object of two names",
    made: 'ln "$1" "$1.real"',
    says: /has 2 names \(hard links\), and should have one: find who made/,
    guard: { find: "if (links > 1) {", replace: "if (false) {" },
  },
  {
    what: "an object that its group may write to",
    made: 'chmod 620 "$1"',
    says:
      /others than its owner \(mode 0620, rw--w----\): take that away with chmod go-w/,
    guard: WRITABLE,
  },
  {
    what: "an object that all may write to",
    made: 'chmod 602 "$1"',
    says:
      /others than its owner \(mode 0602, rw-----w-\): take that away with chmod go-w/,
    guard: WRITABLE,
  },
  {
    what: "a stranger's object",
    made: `chown ${STRANGER} "$1"`,
    says: /belongs to user 42424, who is not trusted: give --owner 42424 if/,
    rootOnly: true,
    guard: { find: "if (!owners.has(uid)) {", replace: "if (false) {" },
  },
  {
    what: "an object smaller than -m says",
    made: "true",
    args: ["-m", "2"],
    says: /has 1048576 bytes, and -m, --size asks for 2097152: give the size/,
    guard: {
      find: "stat.bytes === 0 || stat.bytes >= leastBytes",
      replace: "true",
    },
  },
];

async function remove(guest: Guest): Promise<void> {
  const { path } = guest.object;
  await runCommand(["rm", "-rf", path, `${path}.real`]);
  guest[Symbol.dispose]();
}

for (const { what, made, says, args = [], guard, rootOnly } of REFUSED) {
  Deno.test({
    name: `${what} is refused, also while waiting${rootOnly ? ROOT_ONLY : ""}`,
    ignore: rootOnly && !isRoot,
    fn: async () => {
      const guest = await tampered(made);
      try {
        for (const once of [[], ["--once"]]) {
          const command = readerCommand(["-s", guest.name, ...args, ...once]);
          const { code, stdout, stderr } = await bounded(command);
          assertMatch(stderr, says);
          assertMatch(stderr, /^ivring_reader: \/ivring-test-\S+ .*\n$/);
          assertEquals([code, stdout], [1, ""]);
        }
        if (guard === undefined) return;
        using unguarded = new ChangedReader({
          "cli/regions/objects.ts": [guard],
        });
        const command = unguarded.command([
          ...["-s", guest.name, ...args, "--once"],
        ]);
        const { code, stdout, stderr } = await bounded(command);
        assertEquals([code, stdout], [0, "hello\n"], stderr);
      } finally {
        await remove(guest);
      }
    },
  });
}

Deno.test("control: without its guards, a FIFO is waited for", async () => {
  const guest = await tampered('rm "$1"; mkfifo -m 600 "$1"');
  try {
    using unguarded = new ChangedReader(KIND_GUARDS);
    const { code, stderr } = await bounded(
      unguarded.command(["-s", guest.name, "--once"]),
    );
    assertEquals(code, 1);
    assertMatch(stderr, /has no size yet/);
  } finally {
    await remove(guest);
  }
});

Deno.test("control: opened without O_NONBLOCK, a FIFO hangs", async () => {
  const guest = await tampered('rm "$1"; mkfifo -m 600 "$1"');
  try {
    using unguarded = new ChangedReader({
      "ffi/shm_object.ts": [{
        find: "O_RDONLY | O_NONBLOCK;",
        replace: "O_RDONLY;",
      }],
    });
    const command = unguarded.command(["-s", guest.name, "--once"]);
    const { code, stderr } = await bounded(command, 5);
    assertEquals([code, stderr], [137, ""]);
  } finally {
    await remove(guest);
  }
});

Deno.test("a huge object is mapped as far as a region goes", async () => {
  const guest = await tampered('truncate -s 4T "$1"');
  try {
    const args = ["-s", guest.name, "--once"];
    const { code, stdout, stderr } = await runReader(...args);
    assertEquals([code, stdout, stderr], [0, "hello\n", summary(1, 6) + "\n"]);
  } finally {
    await remove(guest);
  }
});

const TRUSTED = [
  { owner: [`--owner=${STRANGER}`], uid: `${STRANGER}` },
  { owner: ["--owner", "nobody"], uid: "nobody" },
  { owner: ["--owner", `7,${STRANGER},nobody`], uid: `${STRANGER}` },
  { owner: ["--owner", "7", "--owner", "nobody"], uid: "nobody" },
];

for (const { owner, uid } of TRUSTED) {
  Deno.test({
    name: `${owner.join(" ")}: an object of ${uid} is read${ROOT_ONLY}`,
    ignore: !isRoot,
    fn: async () => {
      using guest = await tampered(`chown ${uid} "$1"`);
      const args = ["-s", guest.name, "--once", ...owner];
      const { code, stdout, stderr } = await runReader(...args);
      assertEquals([code, stdout, stderr], [
        0,
        "hello\n",
        summary(1, 6) + "\n",
      ]);
    },
  });
}

Deno.test("that everybody can read an object is told once", async () => {
  using guest = await tampered('chmod 644 "$1"');
  const args = ["-s", guest.name, "--once"];
  const { code, stdout, stderr } = await runReader(...args);
  assertEquals([code, stdout], [0, "hello\n"]);
  assertEquals(stderr.split("\n"), [
    `ivring_reader: ${guest.name} may be read by every user of this host ` +
    "(mode 0644, rw-r--r--): take that away with chmod o-r",
    summary(1, 6),
    "",
  ]);
  const info = await runReader("info", guest.name);
  assertMatch(info.stderr, /^\S+ \S+ may be read by every user .*\n$/);
  const quiet = await runReader(...args, "-q");
  assertEquals(quiet, { code: 0, stdout: "hello\n", stderr: "" });
});

const WRONG: readonly (readonly [string[], RegExp])[] = [
  [["--owner", "no-such-user"], /option --owner: there is no user "no-such-/],
  [["--owner", "4294967295"], /option --owner: there is no user "4294967295"/],
  [["--owner="], /option --owner needs a value: USER/],
  [["-m", "3"], /option -m, --size: "3" is no power of two from 64K to 8G/],
  [["-m", "16384"], /option -m, --size: "16384" is no power of two/],
  [["-m", "0x10"], /option -m, --size: "0x10" is no power of two/],
  [["--create"], /option --create needs -m, --size$/m],
  [["--mode", "999"], /option --mode: "999" is no octal mode/],
  [["--mode", "4600"], /option --mode: "4600" is no octal mode/],
  [["--mode", "666"], /option --mode: 666 lets others than the owner write/],
];

for (const [args, says] of WRONG) {
  Deno.test(`usage: "${args.join(" ")}" is one line, exit 2`, async () => {
    const command = readerCommand(["-s", uniqueName(), ...args]);
    const { code, stdout, stderr } = await bounded(command);
    assertMatch(stderr, says);
    assertMatch(stderr, /^ivring_reader: .*\n$/);
    assertEquals([code, stdout], [2, ""]);
  });
}

Deno.test("a world-readable object is reported by name, once a run", async () => {
  using one = await tampered('chmod 644 "$1"');
  using two = await tampered('chmod 644 "$1"');
  await using reader = new ReaderProgram("-s", one.name, "-s", two.name);
  await reader.stdout.next();
  await reader.stdout.next();
  // The object is made again, and the reader attaches again.
  await runCommand(["rm", one.object.path]);
  using again = new Guest({}, undefined, one.name);
  say(again.writer, 0, "again\n");
  await runCommand(["chmod", "644", again.object.path]);
  assertMatch(await reader.stdout.next() ?? "", /: again$/);
  reader.kill("SIGTERM");
  const told = (await reader.stderr.rest()).filter((line) =>
    line.includes("may be read by every user")
  );
  const expected = [one, two].map(({ name }) =>
    `ivring_reader: ${name} may be read by every user of this host ` +
    "(mode 0644, rw-r--r--): take that away with chmod o-r"
  );
  assertEquals(told.sort(), expected.sort());
});
