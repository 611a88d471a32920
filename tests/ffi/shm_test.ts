// SPDX-License-Identifier: MIT
import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { SyscallError } from "../../ffi/errors.ts";
import { cString, Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { makeObject, shmName } from "../../ffi/shm_object.ts";
import type { FileStat } from "../../ffi/stat.ts";
import { ownUid } from "../../ffi/user.ts";
import { openFiles, setUmask } from "../support/fds.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";

const O_CREAT = 0o100;
const BYTES = 65536;

/** Returns the code of the error with which opening fails. */
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
  assertEquals(shmName("/dev/shm/ring"), "/ring");
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
  const descriptors = () =>
    [...openFiles().values()].filter((path) => path === object.path).length;
  const open = descriptors();
  assertEquals(mappings(), 1);
  for (let i = 0; i < 100; i++) SharedMemory.open(libc, object.name).close();
  assertEquals(mappings(), 1);
  for (let i = 0; i < 100; i++) {
    const admit = () => {
      throw new Error("refused");
    };
    assertThrows(() => SharedMemory.open(libc, object.name, { admit }));
  }
  assertEquals([mappings(), descriptors()], [1, open]);
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

Deno.test("an object is made as wanted, whatever the umask", () => {
  using libc = new Libc();
  const name = uniqueName();
  const umask = setUmask(0o077);
  try {
    makeObject(libc, name, { bytes: BYTES, mode: 0o644 });
    let seen: FileStat | undefined;
    const admit = (stat: FileStat) => void (seen = stat);
    using memory = SharedMemory.open(libc, name, { admit });
    assertEquals(new Uint8Array(memory.buffer), new Uint8Array(BYTES));
    const { kind, bytes, mode, links, uid } = seen!;
    assertEquals({ kind, bytes, mode, links, uid }, {
      kind: "file",
      bytes: BYTES,
      mode: 0o644,
      links: 1,
      uid: ownUid(libc),
    });
  } finally {
    setUmask(umask);
    SharedMemory.unlink(libc, name);
  }
});

Deno.test("an object that there is no room for leaves nothing behind", () => {
  using libc = new Libc();
  const name = uniqueName();
  const bytes = 2 ** 52;
  const error = assertThrows(
    () => makeObject(libc, name, { bytes, mode: 0o600 }),
    SyscallError,
  );
  assert(["ENOSPC", "EFBIG"].includes(error.code), error.message);
  assertEquals(SharedMemory.unlink(libc, name), false);
});

Deno.test("a mapping knows its object from another of its name", () => {
  using libc = new Libc();
  using object = new SharedObject(BYTES);
  using memory = SharedMemory.open(libc, object.name, { mostBytes: 4096 });
  assertEquals([memory.bytes, memory.buffer.byteLength], [4096, 4096]);
  assertEquals([memory.named(), memory.currentBytes()], ["this", BYTES]);
  SharedMemory.unlink(libc, object.name);
  assertEquals(memory.named(), "nothing");
  using _another = SharedMemory.create(libc, object.name, BYTES);
  assertEquals(memory.named(), "another");
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

/** What is no shared memory object, and how it is made at `$1`. */
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
    // Deno's own functions reach /dev only with all permissions.
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
