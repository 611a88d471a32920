// SPDX-License-Identifier: MIT
/**
 * Generates the known streams, as tests/vm/module/stream.h does in the guest.
 *
 * @module
 */
import type { Message } from "./messages.ts";

/** Sources of a stream, in the order of their letters. */
export const SOURCES = ["user", "task", "timer", "irq_work"] as const;

function streamBytes(source: number, n: number): number {
  const hash = Math.imul(n, 2654435761) >>> 16;
  if (source <= 1 && n % 997 === 500) return 20000 + hash % 5000;
  if (source <= 1 && n % 97 === 50) return 2000 + hash % 2000;
  return 40 + hash % 300;
}

/** Returns message `n` of a source on a CPU. */
export function streamText(cpu: number, source: number, n: number): string {
  const bytes = streamBytes(source, n);
  const head = `${String.fromCharCode(65 + source)}${cpu} ${n} `;
  const codes = new Uint8Array(bytes - 1 - head.length);
  let x = (n * 31 + cpu * 17 + source * 13) % 94;
  for (let i = 0; i < codes.length; i++) {
    codes[i] = 33 + x;
    x = x + 7 < 94 ? x + 7 : x + 7 - 94;
  }
  return `${head}${new TextDecoder().decode(codes)}\n`;
}

/** Returns a message's place in its stream; null if it belongs to no stream. */
export function parseStream(
  text: string,
): { source: number; cpu: number; n: number } | null {
  const match = /^([A-D])(\d+) (\d+) /.exec(text);
  if (match === null) return null;
  const source = match[1].charCodeAt(0) - 65;
  return { source, cpu: Number(match[2]), n: Number(match[3]) };
}

/**
 * What `checkStreams` has compared; all of it is equal to what the guest wrote.
 */
export interface StreamFigures {
  /** The number of messages. */
  messages: number;
  /** The bytes of these messages. */
  bytes: number;
  /** Maps `"cpu source"` to the number of the message that would come next. */
  next: Map<string, number>;
}

/**
 * Compares messages with the streams, byte for byte: each must be the next one
 * of its source on its CPU.
 *
 * @param messages In the order of delivery; those of no stream are skipped.
 * @param mayBegin Whether a stream may begin later than at its message 0.
 * @throws {Error} at the first message that differs.
 */
export function checkStreams(
  messages: readonly Pick<Message, "cpu" | "seq" | "text">[],
  mayBegin: "at 0" | "anywhere" = "at 0",
): StreamFigures {
  const figures: StreamFigures = { messages: 0, bytes: 0, next: new Map() };
  for (const message of messages) {
    const at = parseStream(message.text);
    if (at === null) continue;
    const key = `${at.cpu} ${SOURCES[at.source]}`;
    const begin = mayBegin === "anywhere" ? at.n : 0;
    const expected = figures.next.get(key) ?? begin;
    if (at.cpu !== message.cpu || at.n !== expected) {
      throw new Error(
        `CPU ${message.cpu} seq ${message.seq}: ${key} ${at.n}, not ${expected}`,
      );
    }
    if (message.text !== streamText(at.cpu, at.source, at.n)) {
      throw new Error(`${key} ${at.n} has other bytes than were written`);
    }
    figures.next.set(key, expected + 1);
    figures.messages++;
    figures.bytes += message.text.length;
  }
  return figures;
}
