// SPDX-License-Identifier: MIT
/**
 * A `/dev/shm` that the tests share with nobody: an empty tmpfs in a mount
 * namespace of their own. So a test that reads every object of the host finds
 * none but its own, and leaves nothing behind.
 *
 * Root may make a mount namespace; an ordinary user may within a user
 * namespace, where the kernel, the container and its security policy allow one.
 * Where nobody may, the tests run in the host's `/dev/shm`, as they do under
 * `deno test` by hand; `tests/support/own_reader.ts` is for that.
 *
 * @module
 */

/** Set to "1" for programs whose `/dev/shm` is private. */
export const PRIVATE_VARIABLE = "IVRING_TEST_PRIVATE_SHM";

const MOUNT = "mount -t tmpfs -o mode=1777 tmpfs /dev/shm";
const UNSHARE = ["unshare", "--mount"];

/** What a command is put behind, the simplest first. */
export const WAYS: readonly (readonly string[])[] = [
  [...UNSHARE, "sh", "-c", `${MOUNT} && exec "$@"`, "sh"],
  // The user stays who it is, and has no more rights than before.
  [
    ...[...UNSHARE, "--user", "--map-current-user", "--keep-caps"],
    ...["sh", "-c"],
    `${MOUNT} && exec setpriv --ambient-caps -all --inh-caps -all -- "$@"`,
    "sh",
  ],
];

/** Whether a command can be run behind this. */
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
 * Returns what has to stand before a command that shall have a `/dev/shm` of
 * its own, or null where this host allows none. Each command gets another one.
 */
export function privateMemoryPrefix(): readonly string[] | null {
  return WAYS.find(works) ?? null;
}
