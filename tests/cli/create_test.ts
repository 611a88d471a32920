// SPDX-License-Identifier: MIT
// Tests --create: the reader makes the object that QEMU then uses.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest, summary } from "../support/guest.ts";
import {
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { makeRegion, say } from "../support/regions.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";
import { testerUid } from "../support/users.ts";

const MIB = 1 << 20;
const PAGE_BYTES = 4096;
const isRoot = testerUid() === 0;

/** Returns an object's mode, size, owner, and the bytes that it occupies. */
async function look(name: string): Promise<string[]> {
  const format = "%a %s %u %b %B";
  const path = `/dev/shm${name}`;
  const { stdout } = await runCommand(["stat", "-c", format, path]);
  const [mode, size, uid, blocks, blockBytes] = stdout.trim().split(" ");
  return [mode, size, uid, `${Number(blocks) * Number(blockBytes)}`];
}

function remove(name: string): Promise<unknown> {
  return runCommand(["rm", "-f", `/dev/shm${name}`]);
}

/** Puts a region into an object that exists. The header is written last. */
async function install(buffer: ArrayBuffer, name: string): Promise<void> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, new Uint8Array(buffer));
    for (const part of [["skip=1", "seek=1"], ["count=1"]]) {
      const { code, stderr } = await runCommand([
        "dd",
        `if=${file}`,
        `of=/dev/shm${name}`,
        `bs=${PAGE_BYTES}`,
        "conv=notrunc",
        ...part,
      ]);
      assertEquals(code, 0, stderr);
    }
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("--create makes what is missing, and reads it", async () => {
  const name = uniqueName();
  try {
    await using reader = new ReaderProgram(
      ...["-s", name, "--create", "-m", "1"],
    );
    await reader.stderr.until(`no guest has formatted ${name} yet`);
    assertEquals(await look(name), [
      "600",
      `${MIB}`,
      `${testerUid()}`,
      `${MIB}`,
    ]);
    const { buffer, writer } = makeRegion({}, MIB);
    say(writer, 0, "hello\n");
    await install(buffer, name);
    assertEquals(await reader.stdout.next(), "hello");
    reader.kill("SIGTERM");
    assertEquals(await reader.stdout.rest(), ["hello"]);
    assertEquals((await reader.stderr.rest()).at(-1), summary(1, 6));
    assertEquals(await reader.ended(), 0);
  } finally {
    await remove(name);
  }
});

Deno.test({
  name: "--create for QEMU's user" +
    (isRoot ? "" : " (skipped: only root gives files away)"),
  ignore: !isRoot,
  fn: async () => {
    const name = uniqueName();
    try {
      const { code, stdout, stderr } = await runReader(
        ...["-s", name, "--create", "-m", "2", "--mode", "0640"],
        ...["--owner", "42424", "--owner", "042424", "--once"],
      );
      // The object is there, but no guest has formatted it yet.
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /no guest has formatted \S+ yet: load the ivring/);
      assertEquals(await look(name), [
        "640",
        `${2 * MIB}`,
        "42424",
        `${2 * MIB}`,
      ]);
    } finally {
      await remove(name);
    }
  },
});

Deno.test("--create uses what is there, if it is large enough", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const args = ["-s", guest.name, "--create", "--mode", "640", "--once", "-m"];
  const before = await look(guest.name);
  const fits = await runReader(...args, "1");
  assertEquals(fits, {
    code: 0,
    stdout: "hello\n",
    stderr: summary(1, 6) + "\n",
  });
  const { code, stdout, stderr } = await runReader(...args, "2");
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /has 1048576 bytes, and -m, --size asks for 2097152: /);
  assertEquals(await look(guest.name), before);
});

Deno.test("control: without O_EXCL, --create changes what is there", async () => {
  using object = new SharedObject(MIB);
  using unguarded = new ChangedReader({
    "ffi/shm_object.ts": [{
      find: "O_RDWR | O_CREAT | O_EXCL,",
      replace: "O_RDWR | O_CREAT,",
    }],
  });
  const { stderr } = await runCommand(unguarded.command([
    ...["-s", object.name, "--create", "--mode", "640", "--once", "-m", "2"],
  ]));
  assertMatch(stderr, /no guest has formatted/);
  const [mode, size] = await look(object.name);
  assertEquals([mode, size], ["640", `${2 * MIB}`]);
});

Deno.test("without --create, an object is waited for", async () => {
  const name = uniqueName();
  await using reader = new ReaderProgram("-s", name, "-m", "1");
  await reader.stderr.until(`no shared memory object ${name} yet`);
  {
    using guest = new Guest({}, MIB, name);
    say(guest.writer, 0, "hello\n");
    assertEquals(await reader.stdout.next(), "hello");
  }
  await reader.stderr.until(
    `${name}: the object was removed: reading on until it is back`,
  );
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  const { code } = await runCommand(["test", "-e", `/dev/shm${name}`]);
  assert(code !== 0);
});
