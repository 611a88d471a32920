// SPDX-License-Identifier: MIT
/**
 * The kernel log as it came through the ring, and as the guest itself has it.
 *
 * @module
 */
import { ABI, KLOG } from "../../ring/layout.ts";
import type { Machine } from "./machine.ts";
import type { Message } from "./messages.ts";

/** One message of the kernel log. */
export interface LogLine {
  /** The kernel's number of it. */
  readonly seq: number;
  /** Facility * 8 + level. */
  readonly priority: number;
  /** The kernel's stamp, us. */
  readonly timeUs: number | null;
  /** Its bytes, each as one character; perhaps several lines. */
  readonly text: string;
}

/**
 * The messages of the kernel log, in the order they came.
 *
 * @throws {Error} if one is none, or follows a gap.
 */
export function logLines(messages: readonly Message[]): LogLine[] {
  return messages.filter(({ id }) => id === ABI.ID_KLOG)
    .map(({ klog, text }) => {
      if (klog === null) throw new Error(`no message: ${text}`);
      const { seq, facility, level, timeUs, skipped } = klog;
      if (skipped > 0) throw new Error(`${skipped} skipped before ${seq}`);
      const priority = facility * 8 + level;
      return { seq, priority, timeUs, text: text.slice(KLOG.size) };
    });
}

/** Undoes what /dev/kmsg does to bytes that are not printable. */
function unescape(text: string): string {
  return text.replace(
    /\\x([0-9a-f]{2})/g,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}

/** The guest's own log, all of it that it still has. */
export async function guestLog(machine: Machine): Promise<LogLine[]> {
  const raw = await machine.run("./ivtest kmsg");
  return raw.split("\n")
    // Lines that begin with a space name the device a message is about.
    .filter((line) => /^\d/.test(line))
    .map((line) => {
      const match = /^(\d+),(\d+),(\d+),[^;]*;(.*)$/s.exec(line);
      if (match === null) throw new Error(`/dev/kmsg says: ${line}`);
      const [priority, seq, timeUs] = match.slice(1, 4).map(Number);
      return { seq, priority, timeUs, text: unescape(match[4]) };
    });
}

/**
 * Looks at something beside the guest's own log, again if the kernel has said
 * a word meanwhile.
 *
 * @returns What was seen, and the log as it was then.
 */
export async function besideLog<T>(
  machine: Machine,
  look: () => T,
): Promise<{ seen: T; guest: LogLine[] }> {
  for (;;) {
    const before = await guestLog(machine);
    const seen = look();
    const guest = await guestLog(machine);
    if (guest.length === before.length) return { seen, guest };
  }
}

/** As the kernel prints a message on a console: a stamp before each line. */
export function consoleLines(lines: readonly LogLine[]): string[] {
  return lines.flatMap(({ timeUs, text }) => {
    const seconds = `${Math.floor((timeUs ?? 0) / 1e6)}`.padStart(5);
    const micros = `${(timeUs ?? 0) % 1e6}`.padStart(6, "0");
    return text.split("\n").map((line) => `[${seconds}.${micros}] ${line}`);
  });
}

/**
 * Compares two lists, item by item.
 *
 * @throws {Error} that shows the first items that differ, with their neighbours.
 */
export function assertSame<T>(ours: readonly T[], theirs: readonly T[]): void {
  const text = (item: T | undefined) => JSON.stringify(item);
  const most = Math.max(ours.length, theirs.length);
  for (let i = 0; i < most; i++) {
    if (text(ours[i]) === text(theirs[i])) continue;
    const near = (list: readonly T[]) =>
      list.slice(Math.max(i - 2, 0), i + 4).map(text).join("\n");
    throw new Error(
      `item ${i} of ${ours.length} and ${theirs.length}; ours:\n` +
        `${near(ours)}\ntheirs:\n${near(theirs)}`,
    );
  }
}
