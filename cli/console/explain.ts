// SPDX-License-Identifier: MIT
/**
 * Explains errors in sentences for the user. The runtime's own texts are never
 * shown, because they name neither the cause nor a remedy.
 *
 * @module
 */
import {
  LibraryError,
  SyscallError,
  syscallErrorOf,
} from "../../ffi/errors.ts";
import { Libc } from "../../ffi/libc.ts";
import { statPath } from "../../ffi/stat.ts";
import { CursorError } from "../../ring/cursor.ts";
import {
  RingCorruptError,
  RingFormatError,
  RingVersionError,
} from "../../ring/errors.ts";
import { CommandError, LossError, sentence, UsageError } from "../errors.ts";
import { PassingError } from "./write_trouble.ts";
import { type PathReason, pathReason } from "./path_reason.ts";

/** Errors whose messages are sentences already. */
const OURS = [
  UsageError,
  CommandError,
  LossError,
  LibraryError,
  CursorError,
  RingCorruptError,
  RingFormatError,
  RingVersionError,
  PassingError,
];

/**
 * The most characters of a subject that are shown. A path may have thousands.
 */
const SUBJECT_MAX = 200;

const KEPT =
  "Deno, which this program runs on, keeps it from most of what is " +
  "below /dev, /proc and /sys";

/** Shown for errors that neither the user nor the host has caused. */
const BUG = "this is a bug of ivring_reader: nothing was wrong with what was " +
  "typed. Please report it to the project, with the command line and what " +
  "IVRING_DEBUG=1 in the environment adds to this line";

/**
 * What to do about an error, by its name. GIVE stands for "give", followed by
 * the option that named the path, if there is one.
 */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "run as a user who may use it, or GIVE another path",
  EPERM: "run as a user who may do that, or GIVE another path",
  EROFS: "GIVE a path on another file system",
  ENAMETOOLONG: "GIVE a shorter one: a name has at most 255 bytes, a path 4095",
  EISDIR: "GIVE the name of a file",
  ENOTDIR: "GIVE another path",
  EEXIST: "GIVE another path, or remove it",
  ENOTEMPTY: "GIVE another path, or empty it",
  ENODEV: "GIVE the name of a file",
  EFBIG: "let files grow larger (ulimit -f), or rotate them (-S, -N)",
  ENOSPC: "make room, or write elsewhere",
  EDQUOT: "make room, or write elsewhere",
  EIO: "look at this host's kernel log: the device may be failing",
  EMFILE: "let this process open more files (ulimit -n)",
  ENFILE: "let this host open more files (sysctl fs.file-max)",
  ENOMEM: "let this process have more memory (ulimit -v, the memory cgroup)",
};

/**
 * Explains what an error means and what to do about it.
 *
 * @param error Whatever was thrown.
 * @param flag The option that named the path, such as "-f"; "" for none.
 * @returns One line without its line end; it names the subject once.
 */
export function explain(error: unknown, flag = ""): string {
  if (isOurs(error)) return error.message;
  const refusal = refusalOf(error);
  if (refusal !== null) return refusalText(refusal, flag);
  if (error instanceof Deno.errors.NotCapable) {
    return permissionText(error, flag);
  }
  if (error instanceof RangeError && /allocation failed/.test(error.message)) {
    return sentence("out of memory", REMEDIES.ENOMEM);
  }
  return BUG;
}

/**
 * Explains an error without its subject, for a sentence that already names it.
 *
 * @param error Whatever was thrown.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof CommandError) return error.reason;
  const refusal = refusalOf(error);
  return refusal === null ? explain(error) : lookedAt(refusal).reason;
}

/**
 * Turns a refusal of the operating system or the runtime into an error that has
 * the explanation as its message and can be thrown instead.
 *
 * @param flag See {@linkcode explain}.
 * @returns `error` itself if it is anything else.
 */
export function explained(error: unknown, flag = ""): unknown {
  const known = refusalOf(error) !== null ||
    error instanceof Deno.errors.NotCapable;
  return known
    ? new CommandError(explain(error, flag), { cause: error })
    : error;
}

function isOurs(error: unknown): error is Error {
  return OURS.some((each) => error instanceof each);
}

/**
 * Returns the system's refusal with its subject, or null if the error is none.
 */
function refusalOf(error: unknown): SyscallError | null {
  if (error instanceof SyscallError) return error;
  if (!(error instanceof Error)) return null;
  // Deno puts the path in the message: "... (os error 2): rename 'FROM' ->
  // 'TO'". Node puts it in a property.
  const { path } = error as { path?: unknown };
  const quoted = /\(os error \d+\): \w+ '(.*?)'(?:$| -> ')/s.exec(
    error.message,
  );
  return syscallErrorOf(error, String(path ?? quoted?.[1] ?? ""));
}

function refusalText(error: SyscallError, flag: string): string {
  const { reason, todo } = lookedAt(error, flag !== "");
  return sentence(shortened(error.subject), reason, giving(todo, flag));
}

function giving(todo: string, flag: string): string {
  return todo.replace("GIVE", flag === "" ? "give" : `give ${flag}`);
}

/**
 * Looks at the path to find a reason that is more exact than the number.
 *
 * @param isNamed Whether an option names the subject, so that it is a path.
 */
function lookedAt(error: SyscallError, isNamed = false): PathReason {
  const { subject, code, syscall, reason } = error;
  const blind = { reason, todo: REMEDIES[code] ?? "" };
  // An object's name looks like a path, but is not one.
  if (syscall.startsWith("shm_")) return blind;
  try {
    using libc = new Libc();
    // A subject without a slash is only taken for a path if there is a file of
    // that name.
    const isPath = isNamed || subject.includes("/") ||
      statPath(libc, subject) !== null;
    return isPath ? pathReason(libc, subject, code) ?? blind : blind;
  } catch {
    return blind; // looking may be refused for the same reason
  }
}

/** Shortens a text that is too long to its beginning and its end. */
function shortened(text: string): string {
  if (text.length <= SUBJECT_MAX) return text;
  const half = SUBJECT_MAX / 2;
  return `${text.slice(0, half)}...${text.slice(-half)}`;
}

/**
 * Explains that Deno never allows a path, or that a permission of Deno's is
 * missing.
 */
function permissionText({ message }: Error, flag: string): string {
  const [, kind, path] = /^Requires (\w+) access to "(.*)", /s
    .exec(message) ?? [];
  if (kind === "all") {
    return sentence(
      shortened(path),
      KEPT,
      giving("GIVE a path elsewhere", flag),
    );
  }
  return "it was started without a permission of Deno's that it needs: start " +
    "it with --allow-ffi --allow-read --allow-write --allow-env";
}
