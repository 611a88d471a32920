// SPDX-License-Identifier: MIT
/**
 * Tests `--cursor-file` with cursors that were changed, that belong to another
 * guest, or that are impossible.
 */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { cursorText, parseCursor } from "../../cli/files/cursor_text.ts";
import { CursorError } from "../../ring/cursor.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { runCommand, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { uniqueName } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

const ENCODER = new TextEncoder();
const RING = { position: 4096, seq: 100, next: 100, drops: 0 };
const SAVED = {
  object: "/vm1-\udcff",
  region: { sessionId: 0x1234n, rings: [RING, { ...RING, position: 8200 }] },
  file: {
    identity: "8:1:4711",
    bornNs: 1_700_000_000_123_456_789n,
    bytes: 1234,
    tail: { bytes: 1234, sha256: "0123456789abcdef".repeat(4) },
  },
  ended: false,
};

Deno.test("cursor: its text is read as it was written", () => {
  const { object, ...progress } = SAVED;
  const text = cursorText(progress, object);
  assertEquals(parseCursor(ENCODER.encode(text)), SAVED);
  assertEquals(text.trimEnd().split("\n").length, 1);
});

Deno.test("cursor: every change of a bit or a byte of its text is an error", () => {
  const bytes = ENCODER.encode(cursorText(SAVED, SAVED.object));
  const refused = (changed: Uint8Array, what: string) => {
    assertThrows(() => parseCursor(changed), CursorError, "", what);
  };
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = bytes.slice();
      flipped[at] ^= 1 << bit;
      refused(flipped, `bit ${bit} of byte ${at}`);
    }
    refused(bytes.filter((_, i) => i !== at), `without byte ${at}`);
    refused(bytes.subarray(0, at), `cut to ${at}`);
    for (const more of " 0") {
      const longer = [...bytes.subarray(0, at), more.charCodeAt(0)];
      longer.push(...bytes.subarray(at));
      refused(new Uint8Array(longer), `${more} before byte ${at}`);
    }
  }
  refused(new Uint8Array([...bytes, 10]), "another line end");
});

/** Writes 100 records, and has a reader read them and save its cursor. */
async function readHundred(guest: Guest, path: string): Promise<void> {
  for (let i = 0; i < 100; i++) say(guest.writer, 0, `${i}\n`);
  const args = ["-s", guest.name, "--once", "-q", "--cursor-file", path];
  const { stdout, stderr } = await runReader(...args);
  assertEquals([stdout.split("\n").length, stderr], [101, ""]);
}

/** Replaces text in a file, like sed. */
function edit(path: string, from: string, to: string): string {
  const text = Deno.readTextFileSync(path);
  assertEquals(text.split(from).length > 1, true, text);
  const changed = text.replace(from, to);
  Deno.writeTextFileSync(path, changed);
  return changed;
}

Deno.test("cursor: a changed number is an error that names the file, and stays one", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const path = folder.at("cursor");
  await readHundred(guest, path);
  const text = edit(path, '"next":100', '"next":1000000000');
  for (let i = 0; i < 200; i++) say(guest.writer, 0, `new ${i}\n`);
  for (const more of [[], ["-q"]]) {
    const { code, stdout, stderr } = await runReader(
      ...["-s", guest.name, "--once", "--cursor-file", path, ...more],
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /\/cursor: no cursor of this region: its checksum is wrong: .*: remove the file to start at the oldest record\n$/,
    );
    assertEquals(folder.read("cursor"), text);
  }
});

Deno.test("control: without the checksum a changed cursor is taken", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  using changed = new ChangedReader({
    "cli/files/cursor_text.ts": [{ find: "  checkSum(text);\n", replace: "" }],
  });
  const path = folder.at("cursor");
  await readHundred(guest, path);
  edit(path, '"ended":true', '"ended":false');
  const args = ["-s", guest.name, "--once", "--cursor-file", path];
  const { code } = await runCommand(changed.command(args));
  assertEquals(code, 0);
});

/** Turns a cursor into one of version 1, which had no checksum. */
function makeVersion1(path: string): void {
  const { region } = JSON.parse(Deno.readTextFileSync(path));
  const text = JSON.stringify({ version: 1, region, file: null });
  Deno.writeTextFileSync(path, `${text}\n`);
}

Deno.test("cursor: one of version 1 is gone on at, as it is", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const path = folder.at("cursor");
  await readHundred(guest, path);
  makeVersion1(path);
  say(guest.writer, 0, "new\n");
  const args = ["-s", guest.name, "--once", "-q", "--cursor-file", path];
  const ended = await runReader(...args);
  assertEquals(ended, { code: 0, stdout: "new\n", stderr: "" });
  assertEquals(JSON.parse(folder.read("cursor")).version, 2);
});

for (const next of [103, 250, 1_000_000_000]) {
  const title =
    `cursor: what cannot be leaves nothing out, and is told: ${next}`;
  Deno.test(title, async () => {
    using guest = new Guest();
    using folder = new TempFolder();
    const path = folder.at("cursor");
    await readHundred(guest, path);
    makeVersion1(path);
    edit(path, '"next":100', `"next":${next}`);
    for (let i = 100; i < 300; i++) say(guest.writer, 0, `${i}\n`);
    say(guest.writer, 1, "other\n");
    const args = ["-s", guest.name, "--once", "-q", "--cursor-file", path];
    const { code, stdout, stderr } = await runReader(...args);
    const lines = stdout.trimEnd().split("\n");
    assertEquals([code, lines.length], [0, 301]);
    assertEquals(lines.filter((line) => line !== "other").map(Number), [
      ...Array(300).keys(),
    ]);
    assertMatch(
      stderr,
      /^ivring_reader: \S+\/cursor: a cursor that cannot be right: ring 0: next is \d+, and .*: reading from the oldest record there: .*again\n$/,
    );
    // The cursor that is saved now is right.
    say(guest.writer, 0, "new\n");
    const again = await runReader(...args);
    assertEquals(again, { code: 0, stdout: "new\n", stderr: "" });
  });
}

/** Two guests, and the first one's cursor. */
class Two implements Disposable {
  readonly folder = new TempFolder();
  readonly first = new Guest();
  readonly second = new Guest();
  readonly path = this.folder.at("cursor");

  constructor() {
    say(this.first.writer, 0, "first\n");
    say(this.second.writer, 0, "second\n");
  }

  /** Returns the arguments of a guest's reader. */
  args(guest: Guest, ...more: string[]): string[] {
    const cursor = ["--cursor-file", this.path, "--once", ...more];
    return ["-s", guest.name, "-f", this.folder.at("log"), ...cursor];
  }

  [Symbol.dispose](): void {
    for (const each of [this.first, this.second, this.folder]) {
      each[Symbol.dispose]();
    }
  }
}

Deno.test("cursor: another guest's is not replaced, and -q does not hide that", async () => {
  using two = new Two();
  const { folder, first, second } = two;
  assertEquals((await runReader(...two.args(first, "-q"))).code, 0);
  const cursor = folder.read("cursor");
  for (const more of [[], ["-q"]]) {
    const { code, stderr } = await runReader(...two.args(second, ...more));
    assertEquals(code, 1);
    const told = `/cursor: is the cursor of another object, ${first.name}, ` +
      `and not of ${second.name}: give another --cursor-file, or remove that`;
    assertEquals(stderr.includes(told), true, stderr);
    assertEquals(folder.read("cursor"), cursor);
    assertEquals(folder.read("log"), "first\n");
  }
});

Deno.test("control: without a look at the object another guest's cursor is lost", async () => {
  using two = new Two();
  using changed = new ChangedReader({
    "cli/files/start_cursor.ts": [{
      find: "      checkObject(path, saved, name);\n",
      replace: "",
    }],
  });
  await runReader(...two.args(two.first, "-q"));
  const cursor = two.folder.read("cursor");
  const command = changed.command(two.args(two.second, "-q"));
  assertEquals((await runCommand(command)).code, 0);
  assertEquals(two.folder.read("cursor") === cursor, false);
});

Deno.test("cursor: an object with another name is gone on with", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  const path = folder.at("cursor");
  await readHundred(guest, path);
  say(guest.writer, 0, "new\n");
  const name = uniqueName();
  Deno.renameSync(`/dev/shm/${guest.name}`, `/dev/shm/${name}`);
  try {
    const args = ["-s", name, "--once", "-q", "--cursor-file", path];
    const ended = await runReader(...args);
    assertEquals(ended, { code: 0, stdout: "new\n", stderr: "" });
    const { object } = JSON.parse(folder.read("cursor"));
    assertEquals(object, name.startsWith("/") ? name : `/${name}`);
  } finally {
    Deno.renameSync(`/dev/shm/${name}`, `/dev/shm/${guest.name}`);
  }
});
