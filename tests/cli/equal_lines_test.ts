// SPDX-License-Identifier: MIT
/**
 * After a reader was killed, somebody else has appended lines behind its cursor
 * that are equal to the lines of records.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Log } from "../support/logs.ts";
import { readerCommand } from "../support/reader_program.ts";

/**
 * Reads two equal messages. Between them the reader is killed, and somebody
 * repeats the first line.
 */
async function repeated(
  ...more: string[]
): Promise<{ lines: string[]; stderr: string }> {
  using log = new Log();
  const run = () => log.once((args) => readerCommand([...args, ...more]));
  log.say("beat\n");
  await run();
  log.edit((cursor) => cursor.ended = false);
  Deno.writeTextFileSync(log.file, log.text, { append: true });
  log.say("beat\n");
  const { code, stderr } = await run();
  assertEquals(code, 0);
  return { lines: log.text.trimEnd().split("\n"), stderr };
}

Deno.test("after a kill: of JSON no record is missing, whatever others have appended", async () => {
  const { lines, stderr } = await repeated("--format", "json");
  assertEquals(lines.length, 3);
  assertEquals(lines[0], lines[1]);
  assert(lines[2] !== lines[0]);
  assertMatch(
    stderr,
    / 0 bytes are lines equal to .*; \d+ bytes are not, and stay/,
  );
});

Deno.test("after a kill: of text, a line that others appended stands for an equal record, as documented, and is not called the reader's", async () => {
  const { lines, stderr } = await repeated();
  assertEquals(lines, ["beat", "beat"]);
  assertMatch(
    stderr,
    /log: of what stands behind the saved cursor, 5 bytes are lines equal to what came again, which is not written twice\n/,
  );
});
