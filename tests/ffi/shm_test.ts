// SPDX-License-Identifier: MIT
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { SyscallError } from "../../ffi/errors.ts";
import { cString, Libc } from "../../ffi/libc.ts";
import { SharedMemory, shmName } from "../../ffi/shm.ts";
import { openFiles } from "../support/fds.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";

const O_CREAT = 0o100;
const BYTES = 65536;

/** The code of the error that opening gives. */
function refusal(name: string): string {
  using libc = new Libc();
  return assertThrows(() => SharedMemory.open(libc, name), SyscallError).code;
}

Deno.test("what one mapping writes, another reads", () => {
  using libc = new Libc();
  using object = new SharedObject(BYTES);
  using memory = SharedMemory.open(libc, object.name);
  assertEquals(memory.bytes, BYTES);
  const written = new Uint8Array(object.buffer);
  const read = new Uint8Array(memory.buffer);
  written[BYTES - 1] = 42;
  assertEquals(read[BYTES - 1], 42);
});

Deno.test("the buffer is always the same", () => {
  using object = new SharedObject(BYTES);
  assertStrictEquals(object.buffer, object.buffer);
});

Deno.test("a name does without its slash", () => {
  assertEquals(shmName("/ring"), "/ring");
  assertEquals(shmName("ring"), "/ring");
});

for (
  const name of ["", "/", ".", "/..", "a/b", "/a/", "a\0b", "x".repeat(256)]
) {
  const shown = JSON.stringify(name.slice(0, 10));
  Deno.test(`no object is called ${shown} (${name.length})`, () => {
    assertThrows(() => shmName(name), RangeError);
  });
}

Deno.test("a closed mapping is out of reach, and its arrays are empty", () => {
  using libc = new Libc();
  using object = new SharedObject(BYTES);
  const memory = SharedMemory.open(libc, object.name);
  const bytes = new Uint8Array(memory.buffer);
  memory.close();
  memory.close();
  assertThrows(() => memory.buffer, Error, "closed");
  assertEquals(bytes.length, 0);
  assertEquals(bytes[0], undefined);
});

Deno.test("opening and closing leaves no mapping and no descriptor", () => {
  using libc = new Libc();
  using object = new SharedObject(BYTES);
  const mappings = () => {
    const args = [`/proc/${Deno.pid}/maps`];
    const { stdout } = new Deno.Command("cat", { args }).outputSync();
    return new TextDecoder().decode(stdout).split(object.path).length - 1;
  };
  assertEquals(mappings(), 1);
  for (let i = 0; i < 100; i++) SharedMemory.open(libc, object.name).close();
  assertEquals(mappings(), 1);
  assertEquals([...openFiles().values()].includes(object.path), false);
});

Deno.test("a missing object is ENOENT", () => {
  assertEquals(refusal(uniqueName()), "ENOENT");
});

Deno.test("an object is made once", () => {
  using libc = new Libc();
  using object = new SharedObject(BYTES);
  const error = assertThrows(
    () => SharedMemory.create(libc, object.name, BYTES),
    SyscallError,
  );
  assertEquals(error.code, "EEXIST");
});

Deno.test("no object has a size that is no size", () => {
  using libc = new Libc();
  for (const bytes of [0, -1, 1.5, NaN, 2 ** 60]) {
    assertThrows(
      () => SharedMemory.create(libc, uniqueName(), bytes),
      RangeError,
    );
  }
});

Deno.test("unlink tells whether there was one", () => {
  using libc = new Libc();
  const name = uniqueName();
  SharedMemory.create(libc, name, BYTES).close();
  assertEquals(SharedMemory.unlink(libc, name), true);
  assertEquals(SharedMemory.unlink(libc, name), false);
});

Deno.test("an object without a size yet has an empty buffer", () => {
  using libc = new Libc();
  const name = uniqueName();
  const object = cString(shmName(name));
  libc.symbols.close(libc.symbols.shm_open(object, O_CREAT, 0o600));
  try {
    using memory = SharedMemory.open(libc, name);
    assertEquals(memory.buffer.byteLength, 0);
  } finally {
    SharedMemory.unlink(libc, name);
  }
});

/** What is no object, and how it is made at `$1`. */
const IMPOSTORS = [
  { what: "a symbolic link", made: 'ln -s /etc/passwd "$1"', code: "ELOOP" },
  { what: "a directory", made: 'mkdir "$1"', code: "ENODEV" },
  {
    what: "a FIFO (opening it must not wait)",
    made: 'mkfifo "$1"',
    code: "ENODEV",
  },
];

for (const { what, made, code } of IMPOSTORS) {
  Deno.test(`${what} is no object`, () => {
    const name = uniqueName();
    const path = `/dev/shm${shmName(name)}`;
    // Deno's own functions keep away from /dev unless everything is allowed.
    const sh = (script: string) =>
      new Deno.Command("sh", { args: ["-c", script, "sh", path] }).outputSync();
    assertEquals(sh(made).code, 0);
    try {
      assertEquals(refusal(name), code);
    } finally {
      sh('rm -r "$1"');
    }
  });
}
