// SPDX-License-Identifier: MIT
import { assertEquals, assertThrows } from "@std/assert";
import { constants } from "node:os";
import { ERRNO, errnoCode } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { cString, Libc } from "../../ffi/libc.ts";

Deno.test("error numbers are this system's", () => {
  const here = constants.errno as Record<string, number>;
  const theirs = Object.keys(ERRNO).map((name) => [name, here[name]]);
  assertEquals(Object.entries(ERRNO), theirs);
});

Deno.test("errno belongs to the call before, cold and compiled", () => {
  using libc = new Libc();
  const missing = cString("/nowhere/at/all");
  const through = cString("/dev/null/file");
  for (let i = 0; i < 20_000; i++) {
    const path = i % 3 === 0 ? missing : through;
    assertEquals(libc.symbols.open(path, 0, 0), -1);
    const expected = i % 3 === 0 ? ERRNO.ENOENT : ERRNO.ENOTDIR;
    if (libc.errno() !== expected) throw new Error(`call ${i}: wrong errno`);
  }
});

Deno.test("check throws an error that names call, subject and reason", () => {
  using libc = new Libc();
  const fd = libc.symbols.open(cString("/nowhere"), 0, 0);
  const error = assertThrows(
    () => libc.check("open", "/nowhere", fd),
    SyscallError,
    "/nowhere: no such file or directory",
  );
  assertEquals([error.syscall, error.errno, error.code], ["open", 2, "ENOENT"]);
});

Deno.test("an error number that is not in the table keeps its number", () => {
  assertEquals(errnoCode(4095), "errno 4095");
});

Deno.test("a closed library is not called", () => {
  const libc = new Libc();
  libc.close();
  libc.close();
  assertThrows(() => libc.symbols, Error, "closed");
});

Deno.test("a NUL would hide the rest of a string from C", () => {
  assertThrows(() => cString("a\0b"), RangeError);
});
