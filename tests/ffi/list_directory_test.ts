// SPDX-License-Identifier: MIT
import { assertEquals, assertThrows } from "@std/assert";
import { filesIn, namesIn } from "../../ffi/list_directory.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { FileReader } from "../../ffi/file_reader.ts";
import { readFileStart } from "../../ffi/file_start.ts";
import { Libc } from "../../ffi/libc.ts";
import { removeFolder } from "../../ffi/names.ts";
import { OBJECTS_FOLDER, readObjectStart } from "../../ffi/shm_object.ts";
import { openFiles } from "../support/fds.ts";
import { SharedObject } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("a directory's regular files, and nothing else", () => {
  using libc = new Libc();
  using folder = new TempFolder();
  assertEquals(filesIn(libc, folder.path), []);
  const names = ["a", ".b", "ü", "x".repeat(255)];
  for (const name of names) Deno.writeTextFileSync(folder.at(name), "");
  Deno.mkdirSync(folder.at("folder"));
  Deno.symlinkSync("a", folder.at("link"));
  assertEquals(filesIn(libc, folder.path).sort(), names.sort());
  assertEquals(
    namesIn(libc, folder.path).sort(),
    [...names, "folder", "link"].sort(),
  );
  assertEquals([...openFiles().values()].includes(folder.path), false);
  const { code } = assertThrows(
    () => filesIn(libc, folder.at("none")),
    SyscallError,
  );
  assertEquals(code, "ENOENT");
});

Deno.test("objects are files, and can be looked at without mapping them", () => {
  using libc = new Libc();
  using object = new SharedObject(4096);
  assertEquals(
    filesIn(libc, OBJECTS_FOLDER).includes(object.name.slice(1)),
    true,
  );
  new Uint8Array(object.buffer).set([1, 2, 3]);
  assertEquals([...readObjectStart(libc, object.name, 4)], [1, 2, 3, 0]);
  assertEquals(readObjectStart(libc, object.name, 5000).length, 4096);
});

Deno.test("a folder is removed with what is in it, and not what links in it lead to", () => {
  using libc = new Libc();
  using folder = new TempFolder();
  Deno.mkdirSync(folder.at("kept"));
  Deno.writeTextFileSync(folder.at("kept/file"), "");
  Deno.mkdirSync(folder.at("removed/deeper"), { recursive: true });
  Deno.writeTextFileSync(folder.at("removed/deeper/file"), "");
  Deno.symlinkSync(folder.at("kept"), folder.at("removed/link"));
  removeFolder(libc, folder.at("removed"));
  assertEquals(folder.names(), ["kept"]);
  assertEquals(namesIn(libc, folder.at("kept")), ["file"]);
});

Deno.test("a file's start and the whole of it, and no other kind of file", () => {
  using libc = new Libc();
  using folder = new TempFolder();
  const path = folder.at("file");
  Deno.writeTextFileSync(path, "abcdef");
  Deno.symlinkSync(path, folder.at("link"));
  const text = (bytes: Uint8Array | null) =>
    bytes && new TextDecoder().decode(bytes);
  assertEquals(text(readFileStart(libc, folder.at("link"), 3)), "abc");
  for (const other of [folder.path, folder.at("none"), "/dev/zero"]) {
    assertEquals(readFileStart(libc, other, 3), null);
  }
  {
    using file = new FileReader(libc, path);
    const part = new Uint8Array(4);
    assertEquals([file.fill(part), text(part)], [true, "abcd"]);
    assertEquals([file.fill(part), text(file.whole())], [false, "abcdef"]);
  }
  const errors = [folder.path, folder.at("none"), "/dev/zero"].map((other) =>
    assertThrows(() => new FileReader(libc, other), SyscallError).code
  );
  assertEquals(errors, ["ENODEV", "ENOENT", "ENODEV"]);
  assertEquals([...openFiles().values()].includes(path), false);
});
