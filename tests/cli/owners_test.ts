// SPDX-License-Identifier: MIT
/**
 * Tests whose objects are read on a host with other users. The host is a mount
 * namespace with its own /etc/passwd.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import {
  type Ended,
  readerCommand,
  runCommand,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { testerUid } from "../support/users.ts";

/** The id of a user that no test machine has. */
const STRANGER = 42_424;

/** Makes a guest that wrote "hello", and does something to its object, "$1". */
async function tampered(script: string): Promise<Guest> {
  const guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const { code, stderr } = await runCommand(
    ["sh", "-c", script, "sh", guest.object.path],
  );
  if (code === 0) return guest;
  guest[Symbol.dispose]();
  throw new Error(`${script}: ${stderr}`);
}

/**
 * The users of a host with libvirt: QEMU's user is named as in Debian and
 * Fedora.
 */
const QEMU_USERS = `root:x:0:0::/:/bin/sh
libvirt-qemu:x:${STRANGER}:0::/:/usr/sbin/nologin
qemu:x:${STRANGER + 1}:0::/:/sbin/nologin
other:x:${STRANGER + 2}:0::/:/bin/sh
nobody:x:65534:0::/:/usr/sbin/nologin
`;

/** Runs a command on a host that has other users. */
async function withUsers(
  users: string,
  command: readonly string[],
): Promise<Ended> {
  using folder = new TempFolder();
  Deno.writeTextFileSync(folder.at("passwd"), users);
  Deno.chmodSync(folder.path, 0o755);
  const script = 'mount --bind "$1" /etc/passwd && shift && exec "$@"';
  return await runCommand([
    ...["unshare", "-m", "sh", "-c", script, "sh"],
    ...[folder.at("passwd"), ...command],
  ]);
}

const NO_USERS =
  testerUid() === 0 && new Deno.Command("unshare", { args: ["-m", "true"] })
      .outputSync().success
    ? ""
    : " (skipped: users of its own take root and unshare(1))";

function usersTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + NO_USERS, ignore: NO_USERS !== "", fn });
}

for (const [i, user] of ["libvirt-qemu", "qemu"].entries()) {
  usersTest(`root reads an object of ${user} without --owner`, async () => {
    using guest = await tampered(`chown ${STRANGER + i} "$1"`);
    const command = readerCommand(["-s", guest.name, "--once"]);
    const { code, stdout, stderr } = await withUsers(QEMU_USERS, command);
    assertEquals([code, stdout], [0, "hello\n"], stderr);
    // If there is no such user, the number belongs to a stranger.
    const alone = await withUsers("root:x:0:0::/:/bin/sh\n", command);
    assertEquals([alone.code, alone.stdout], [1, ""]);
    assertMatch(alone.stderr, new RegExp(`belongs to user ${STRANGER + i}, `));
    using unguarded = new ChangedReader({
      "cli/arguments/object_rules.ts": [{
        find: "new Set([...trusted(libc, self), ...given])",
        replace: "new Set([ROOT, self, ...given])",
      }],
    });
    const before = await withUsers(
      QEMU_USERS,
      unguarded.command(["-s", guest.name, "--once"]),
    );
    assertEquals([before.code, before.stdout], [1, ""]);
  });
}

usersTest("no other user is trusted unasked, and is named", async () => {
  using guest = await tampered(`chown ${STRANGER + 2} "$1"`);
  const command = readerCommand(["-s", guest.name, "--once"]);
  const { code, stdout, stderr } = await withUsers(QEMU_USERS, command);
  assertEquals([code, stdout], [1, ""]);
  assertEquals(
    stderr,
    `ivring_reader: ${guest.name}: belongs to user other (${STRANGER + 2}), ` +
      "who is not trusted: give --owner other if this is the user that QEMU " +
      "runs as\n",
  );
});

usersTest("who is not root does not trust QEMU's users unasked", async () => {
  using guest = await tampered(`chown ${STRANGER} "$1"; chmod 644 "$1"`);
  // Unknown users have this number in that namespace.
  const users = QEMU_USERS.replace(`${STRANGER}`, "65534");
  const args = ["-s", guest.name, "--once", "-q"];
  const other = ["unshare", "-U", "--map-user=1000"];
  const { code, stdout, stderr } = await withUsers(
    users,
    [...other, ...readerCommand(args)],
  );
  assertEquals([code, stdout], [1, ""], stderr);
  assertMatch(stderr, /belongs to user libvirt-qemu \(65534\), who is not tr/);
  using unguarded = new ChangedReader({
    "cli/arguments/object_rules.ts": [{
      find: "if (self !== ROOT) return [ROOT, self];",
      replace: "",
    }],
  });
  const control = await withUsers(
    users,
    [...other, ...unguarded.command(args)],
  );
  assertEquals([control.code, control.stdout], [0, "hello\n"], control.stderr);
});

usersTest(
  "who may not read an object learns who may; it is named once",
  async () => {
    using guest = await tampered(`chown ${STRANGER} "$1"`);
    const users = QEMU_USERS.replace(`${STRANGER}`, "65534");
    const command = readerCommand(["-s", guest.name, "--once", "-q"]);
    const { code, stdout, stderr } = await withUsers(
      users,
      ["unshare", "-U", "--map-user=1000", ...command],
    );
    assertEquals([code, stdout], [1, ""]);
    assertEquals(
      stderr,
      `ivring_reader: ${guest.name}: permission denied: run as user ` +
        "libvirt-qemu (65534) or root, who may read it\n",
    );
  },
);
