// SPDX-License-Identifier: MIT
/**
 * Talks to QEMU's monitor, the one for people, on its socket.
 *
 * @module
 */

const PROMPT = "(qemu) ";
const LISTENS_MS = 120_000;
/** The time for an answer, such as to "savevm". */
const ANSWER_MS = 120_000;

async function untilPrompt(socket: Deno.UnixConn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.endsWith(PROMPT)) {
    const count = await socket.read(buffer);
    if (count === null) throw new Error(`QEMU ended: ${text}`);
    text += decoder.decode(buffer.subarray(0, count));
  }
  return text;
}

/**
 * Gives a command.
 *
 * @param path The socket's path.
 * @returns What QEMU answers, including its echo of the command.
 * @throws {Error} with the answer if it reports an error.
 */
export async function askMonitor(
  path: string,
  command: string,
): Promise<string> {
  using socket = await Deno.connect({ transport: "unix", path });
  const timer = setTimeout(() => socket.close(), ANSWER_MS);
  let answer: string;
  try {
    await untilPrompt(socket);
    await socket.write(new TextEncoder().encode(`${command}\n`));
    answer = await untilPrompt(socket);
  } catch (cause) {
    throw new Error(`${command}: no answer of QEMU's monitor`, { cause });
  } finally {
    clearTimeout(timer);
  }
  if (/Error/.test(answer)) throw new Error(`${command}: ${answer}`);
  return answer;
}

/** Waits until a QEMU that is being started takes commands. */
export async function monitorListens(path: string): Promise<void> {
  const deadline = Date.now() + LISTENS_MS;
  for (;;) {
    try {
      await askMonitor(path, "info status");
      return;
    } catch (error) {
      const starting = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.ConnectionRefused;
      if (!starting || Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Settings for a migration, in the form of "migrate_set_parameter".
 *
 * QEMU's emulated CPUs write to pages that were already sent without marking
 * them as dirty. In 7.2 this concerns all memory: guests arrive with older
 * pages among the newer ones, and crash. Since 9.0 ("physmem: Fix migration
 * dirty bitmap coherency with TCG memory access") it concerns all but the first
 * block of memory. KVM is not affected. With these settings hardly any page is
 * sent while the guest runs. All the others follow at once when QEMU stops the
 * guest, however long that takes.
 */
export const MIGRATION_PARAMETERS: readonly string[] = [
  "max-bandwidth 1M",
  "downtime-limit 2000000",
];
