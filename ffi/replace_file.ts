// SPDX-License-Identifier: MIT
/**
 * Replacing a small file as a whole: after a crash there is the old one or the
 * new one, never half of one. Source: fsync(2), rename(2).
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { Output } from "./output.ts";
import { statPath } from "./stat.ts";
import { syncDirectoryOf, syncFd } from "./sync.ts";

const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_CLOEXEC = 0o2000000;

/** How a file is replaced. */
export interface ReplaceOptions {
  /** Permission bits, less the umask; the owner's only if not given. */
  readonly mode?: number;
  /**
   * False for what a crash of this host may leave empty, since it is soon
   * written again: then nothing waits for the disk.
   */
  readonly durable?: boolean;
}

/**
 * Writes `path.tmp`, and gives it the name `path` once it is on the disk.
 *
 * @throws {SyscallError} such as ENOSPC, or ENODEV where `path` is a device or
 * the like; it is then as it was.
 */
export function replaceFile(
  libc: Libc,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  { mode = 0o600, durable = true }: ReplaceOptions = {},
): void {
  const kind = statPath(libc, path)?.kind ?? "file";
  // A device that was meant to swallow it would be gone, for everybody.
  if (kind !== "file" && kind !== "symbolic link") {
    throw new SyscallError("rename", ERRNO.ENODEV, path);
  }
  const temporary = `${path}.tmp`;
  // What a crash left; made anew, it cannot be someone else's link.
  if (statPath(libc, temporary) !== null) Deno.removeSync(temporary);
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  const fd = libc.check(
    "open",
    temporary,
    libc.symbols.open(cString(temporary), flags, mode),
  );
  try {
    using output = new Output(libc, fd, temporary);
    for (let done = 0; done < bytes.length;) {
      done += output.writeNow(bytes.subarray(done));
    }
    if (durable) syncFd(libc, fd, temporary);
  } catch (error) {
    Deno.removeSync(temporary);
    throw error;
  } finally {
    libc.symbols.close(fd);
  }
  Deno.renameSync(temporary, path);
  if (durable) syncDirectoryOf(libc, path);
}
