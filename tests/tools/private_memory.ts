// SPDX-License-Identifier: MIT
/**
 * Provides a `/dev/shm` that the tests share with nobody: an empty tmpfs in a
 * mount namespace of their own. A test that reads every object of the host then
 * finds only its own, and leaves nothing behind.
 *
 * Root may make a mount namespace. An ordinary user may make one within a user
 * namespace, if the kernel, the container and its security policy allow it.
 * Otherwise the tests run in the host's `/dev/shm`, as they do if `deno test`
 * is run by hand; `tests/support/own_reader.ts` is for that.
 *
 * @module
 */

/** The variable that is "1" for programs whose `/dev/shm` is private. */
export const PRIVATE_VARIABLE = "IVRING_TEST_PRIVATE_SHM";

const MOUNT = "mount -t tmpfs -o mode=1777 tmpfs /dev/shm";
const UNSHARE = ["unshare", "--mount"];

/** Commands to put before a command, the simplest first. */
export const WAYS: readonly (readonly string[])[] = [
  [...UNSHARE, "sh", "-c", `${MOUNT} && exec "$@"`, "sh"],
  // The user stays the same, and has no more rights than before.
  [
    ...[...UNSHARE, "--user", "--map-current-user", "--keep-caps"],
    ...["sh", "-c"],
    `${MOUNT} && exec setpriv --ambient-caps -all --inh-caps -all -- "$@"`,
    "sh",
  ],
];

/** Tells whether a command can be run with this before it. */
function works(way: readonly string[]): boolean {
  const [program, ...args] = [...way, "true"];
  try {
    return new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Returns what to put before a command to give it a `/dev/shm` of its own, or
 * null if this host allows none. Each command gets another `/dev/shm`.
 */
export function privateMemoryPrefix(): readonly string[] | null {
  return WAYS.find(works) ?? null;
}
