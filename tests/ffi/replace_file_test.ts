// SPDX-License-Identifier: MIT
/**
 * Tests the replacement of a whole file: what belongs to others stays, and a
 * killed process leaves one file at most.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { SyscallError } from "../../ffi/errors.ts";
import { cString, Libc } from "../../ffi/libc.ts";
import { lockFile } from "../../ffi/lock.ts";
import { checkReplaceable, replaceAndHold } from "../../ffi/replace_file.ts";
import { replacementPath } from "../../ffi/temporary.ts";
import { openFiles } from "../support/fds.ts";
import { TempFolder } from "../support/temp_folder.ts";

const O_RDWR = 0o2;
const RULES = { begins: "ours: " };
const BYTES = new TextEncoder().encode("ours: new\n");

function replace(libc: Libc, path: string): void {
  libc.symbols.close(replaceAndHold(libc, path, BYTES, RULES));
}

for (
  const left of ["", "ou", "ours: ", "ours: half", "ours: old\n", "ou\0\0"]
) {
  Deno.test(`replace: a leftover is removed: ${JSON.stringify(left)}`, () => {
    using folder = new TempFolder();
    using libc = new Libc();
    const path = folder.at("file");
    for (const act of [replace, checked]) {
      Deno.writeTextFileSync(replacementPath(path), left);
      act(libc, path);
      assertEquals(folder.names(), ["file"]);
      assertEquals(folder.read("file"), "ours: new\n");
    }
  });
}

function checked(libc: Libc, path: string): void {
  checkReplaceable(libc, path, RULES);
}

Deno.test("replace: each file of a folder has another name at first", () => {
  const names = ["a", "b", "a.b"].map((name) => replacementPath(`/x/${name}`));
  assertEquals(new Set(names).size, 3);
  assertEquals(replacementPath("/x/a"), names[0]);
  for (const name of names) assert(/^\/x\/\.ivring-\w{16}\.tmp$/.test(name));
});

/** What may be at the path and belongs to somebody else. */
const FOREIGN: Readonly<Record<string, (path: string) => void>> = {
  "another text": (path) => Deno.writeTextFileSync(path, "precious\n"),
  "a shorter text": (path) => Deno.writeTextFileSync(path, "our"[0] + "x"),
  "a link": (path) => {
    Deno.writeTextFileSync(`${path}.target`, "ours: precious\n");
    Deno.symlinkSync(`${path}.target`, path);
  },
  "a file with another name": (path) => {
    Deno.writeTextFileSync(`${path}.target`, "ours: precious\n");
    Deno.linkSync(`${path}.target`, path);
  },
  "a folder": (path) => Deno.mkdirSync(path),
  "a FIFO": (path) => {
    new Deno.Command("mkfifo", { args: [path] }).outputSync();
  },
};

for (const [what, make] of Object.entries(FOREIGN)) {
  Deno.test(`replace: ${what} stays, and is named`, () => {
    using folder = new TempFolder();
    using libc = new Libc();
    const path = folder.at("file");
    Deno.writeTextFileSync(path, "ours: old\n");
    const temporary = replacementPath(path);
    make(temporary);
    const names = folder.names();
    const before = Deno.lstatSync(temporary);
    for (const act of [replace, checked]) {
      const error = assertThrows(() => act(libc, path), SyscallError);
      assertEquals([error.code, error.subject], ["EEXIST", temporary]);
    }
    const open = [...openFiles().values()];
    assertEquals(open.filter((each) => each.startsWith(folder.path)), []);
    const { ino, size } = Deno.lstatSync(temporary);
    assertEquals([ino, size], [before.ino, before.size]);
    assertEquals(folder.names(), names);
    assertEquals(folder.read("file"), "ours: old\n");
  });
}

Deno.test("replace: a file that another process is making is no leftover", () => {
  using folder = new TempFolder();
  using libc = new Libc();
  const path = folder.at("file");
  const temporary = replacementPath(path);
  Deno.writeTextFileSync(temporary, "ours: half");
  const fd = libc.symbols.open(cString(temporary), O_RDWR, 0);
  assertEquals(lockFile(libc, fd, temporary), 0);
  const error = assertThrows(() => replace(libc, path), SyscallError);
  assertEquals([error.code, error.subject], ["EBUSY", path]);
  const taken = (holder: number) => new Error(`it is ${holder}'s`);
  assertThrows(
    () => replaceAndHold(libc, path, BYTES, { ...RULES, taken }),
    Error,
    `it is ${Deno.pid}'s`,
  );
  assertEquals(Deno.readTextFileSync(temporary), "ours: half");
  libc.symbols.close(fd);
  replace(libc, path);
  assertEquals(folder.names(), ["file"]);
});

Deno.test("replace: the new file is locked when it has its name", () => {
  using folder = new TempFolder();
  using libc = new Libc();
  const path = folder.at("file");
  const fd = replaceAndHold(libc, path, BYTES, RULES);
  const other = libc.symbols.open(cString(path), O_RDWR, 0);
  assertEquals(lockFile(libc, other, path), Deno.pid);
  libc.symbols.close(fd);
  assertEquals(lockFile(libc, other, path), 0);
  libc.symbols.close(other);
});
