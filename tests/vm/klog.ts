// SPDX-License-Identifier: MIT
/**
 * Compares the kernel log that came through the ring with the guest's own.
 *
 * @module
 */
import { ABI, KLOG } from "../../ring/layout.ts";
import type { Machine } from "./machine.ts";
import type { Message } from "./messages.ts";

/** One message of the kernel log. */
export interface LogLine {
  /** The kernel's sequence number of the message. */
  readonly seq: number;
  /** Facility * 8 + level. */
  readonly priority: number;
  /** The kernel's timestamp, in us. */
  readonly timeUs: number | null;
  /** The message's bytes, each as one character; perhaps several lines. */
  readonly text: string;
}

/**
 * Returns the messages of the kernel log, in the order in which they came.
 *
 * @throws {Error} if a record holds no message, or follows a gap.
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

/** Undoes the escaping by /dev/kmsg of bytes that are not printable. */
function unescape(text: string): string {
  return text.replace(
    /\\x([0-9a-f]{2})/g,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Returns the guest's own log, as far as the guest still has it. */
export async function guestLog(machine: Machine): Promise<LogLine[]> {
  const raw = await machine.run("./ivtest kmsg");
  return raw.split("\n")
    // Lines that begin with a space name the device that a message is about.
    .filter((line) => /^\d/.test(line))
    .map((line) => {
      const match = /^(\d+),(\d+),(\d+),[^;]*;(.*)$/s.exec(line);
      if (match === null) throw new Error(`/dev/kmsg says: ${line}`);
      const [priority, seq, timeUs] = match.slice(1, 4).map(Number);
      return { seq, priority, timeUs, text: unescape(match[4]) };
    });
}

/**
 * Looks at something together with the guest's own log, and repeats this if the
 * kernel has logged something meanwhile.
 *
 * @returns What was seen, and the log at that time.
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

/**
 * Returns messages as the kernel prints them: with a timestamp before each
 * line.
 */
export function consoleLines(lines: readonly LogLine[]): string[] {
  return lines.flatMap(({ timeUs, text }) => {
    const seconds = `${Math.floor((timeUs ?? 0) / 1e6)}`.padStart(5);
    const micros = `${(timeUs ?? 0) % 1e6}`.padStart(6, "0");
    return text.split("\n").map((line) => `[${seconds}.${micros}] ${line}`);
  });
}

/**
 * Compares two lists item by item.
 *
 * @throws {Error} that shows the first items that differ, with their
 *   neighbours.
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
