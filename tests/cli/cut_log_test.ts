// SPDX-License-Identifier: MIT
/**
 * Tests what is reported, and when, if a log was cut after a reader was killed.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { tailOf } from "../../cli/files/file_place.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { type CursorJson, Log, writeUncovered } from "../support/logs.ts";

const SAYS = /log: ends where it did when the cursor was saved: it may have /;

/** Turns the cursor into that of a reader that was killed. */
function killedAt(log: Log, change: (cursor: CursorJson) => void): void {
  log.edit((cursor) => {
    cursor.ended = false;
    change(cursor);
  });
}

/** Copies and cuts a new log before its cursor is saved a second time. */
async function cutAtFirst(log: Log): Promise<void> {
  await writeUncovered(log);
  Deno.copyFileSync(log.file, log.at("log.1"));
  Deno.truncateSync(log.file);
}

Deno.test("cut before the cursor was saved again: that lines may be there twice is reported; control: it was not", async () => {
  {
    using log = new Log();
    await cutAtFirst(log);
    const { code, stderr } = await log.once();
    assertEquals([code, log.text, log.read("log.1")], [0, "one\n", "one\n"]);
    assertMatch(stderr, SAYS);
    assertMatch(stderr, /may be there as well as here\n/);
    // The cursor is past it now.
    const again = await log.once();
    assert(!SAYS.test(again.stderr), again.stderr);
  }
  using log = new Log();
  await cutAtFirst(log);
  using silent = new ChangedReader({
    "cli/files/resume_file.ts": [{
      find: "if (place.bytes === 0) return true;",
      replace: "",
    }],
  });
  const { stderr } = await log.once((args) => silent.command(args));
  assert(!stderr.includes("cut"), stderr);
});

Deno.test("cut and filled again to the saved length: that is reported", async () => {
  using log = new Log();
  log.say("one\n");
  await log.once();
  killedAt(
    log,
    ({ file }) => file.tail!.sha256 = tailOf(new Uint8Array()).sha256,
  );
  log.say("two\n");
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, "one\ntwo\n"]);
  assertMatch(stderr, SAYS);
});

Deno.test("killed, and not cut: nothing is said", async () => {
  const cases: ((log: Log) => void)[] = [
    // Nothing is read again.
    (log) => {
      Deno.truncateSync(log.file);
      killedAt(log, ({ file }) => {
        file.bytes = 0;
        file.tail = { bytes: 0, sha256: tailOf(new Uint8Array()).sha256 };
      });
    },
    // What comes now was written by the guest later, or never written to the
    // log.
    (log) => {
      killedAt(log, () => {});
      log.say("two\n");
    },
    // The reader had ended properly.
    (log) => {
      Deno.truncateSync(log.file);
      log.say("two\n");
    },
  ];
  for (const meanwhile of cases) {
    using log = new Log();
    log.say("one\n");
    await log.once();
    meanwhile(log);
    const { code, stderr } = await log.once();
    assertEquals(code, 0);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});
