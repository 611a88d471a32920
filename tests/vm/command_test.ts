// SPDX-License-Identifier: MIT
// Tests the command that a user runs with a real kernel.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { killIfRunning } from "../support/processes.ts";
import { LineReader } from "./line_reader.ts";
import { Machine } from "./machine.ts";
import { CPUS } from "./qemu.ts";
import { ended, figureOf, startReader } from "./reader_process.ts";
import { parseStream, SOURCES, streamText } from "./stream.ts";
import { guestFiles, LOAD, parseFigures, vmTest } from "./support.ts";

const READER_MS = 60_000;
const COUNT = 3_000;
const REGION_BYTES = 32 << 20;
const STREAMS = `for c in 0 1 2 3; do ./ivtest user $c ${COUNT} & ` +
  `./ivtest kernel $c "stream ${COUNT}" & done; wait`;

/**
 * Checks that every line is the next of its stream; returns how far each stream
 * got.
 */
function checkLines(stdout: string): Record<string, number> {
  const next: Record<string, number> = {};
  for (const line of stdout.split("\n").slice(0, -1)) {
    const at = parseStream(line);
    if (at === null) throw new Error(`of no stream: ${line}`);
    const key = `${at.cpu} ${SOURCES[at.source]}`;
    assertEquals(at.n, next[key] ?? 0, key);
    assert(`${line}\n` === streamText(at.cpu, at.source, at.n), key);
    next[key] = at.n + 1;
  }
  return next;
}

vmTest("ivring_reader follows a guest from before its boot", async (built) => {
  const name = `ivring-vm-command-${Deno.pid}`;
  const only = ["--event", "message"];
  const follower = startReader(["-s", `/${name}`, "-v", ...only], "piped");
  const stderr = new LineReader(follower.stderr);
  const stdout = new Response(follower.stdout).bytes();
  let written: Record<string, number>;
  let once: Awaited<ReturnType<typeof ended>>;
  try {
    const waits = `ivring_reader: waiting: no shared memory object /${name}`;
    await stderr.until(waits, READER_MS);
    await using machine = await Machine.start({
      regions: [{ bytes: REGION_BYTES, name }],
      files: guestFiles(built),
    });
    await machine.run(LOAD);
    written = Object.fromEntries(
      parseFigures(await machine.run(STREAMS)).flatMap(
        ({ cpu, bytes: _bytes, failed: _failed, inside: _inside, ...counts }) =>
          Object.entries(counts)
            .filter(([, count]) => count > 0)
            .map(([source, count]) => [`${cpu} ${source}`, count] as const),
      ),
    );
    const args = ["-s", name, "--once", "--format", "json", ...only];
    once = await ended(startReader(args, "piped"));
    await machine.run("rmmod ivring_test ivring");
    follower.kill("SIGINT");
    assertEquals((await follower.status).code, 0);
    assertEquals(await machine.faults(), []);
  } finally {
    killIfRunning(follower);
    await follower.status;
  }
  const lines = new TextDecoder("latin1").decode(await stdout);
  const said = await stderr.rest(READER_MS);
  await stderr.close();
  assertEquals(checkLines(lines), written);
  const total = Object.values(written).reduce((a, b) => a + b, 0);
  assert(total >= 2 * CPUS * COUNT);
  for (const count of ["lost", "dropped", "corrupt"]) {
    assertEquals(figureOf(said, count), 0, count);
  }
  assertStringIncludes(said, "no guest has formatted");
  assertStringIncludes(said, "the guest's driver is gone");

  assertEquals(once.code, 0, once.stderr);
  const objects = once.stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line) as { timestamp: string; message: string }
  );
  const texts = objects.map(({ message }) => message.replace(/\n?$/, "\n"));
  assertEquals(checkLines(texts.join("")), written);
  // The guest's clock is QEMU's, which is the host's; and it is in UTC.
  const ages = objects.map(({ timestamp }) =>
    Date.now() - Date.parse(timestamp)
  );
  assert(ages.every((ms) => Math.abs(ms) < 1_800_000), objects[0].timestamp);
  console.log(`  ${total} messages, ${lines.length} bytes, as written`);
});
