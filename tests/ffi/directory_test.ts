// SPDX-License-Identifier: MIT
import { assertEquals, assertThrows } from "@std/assert";
import { filesIn } from "../../ffi/directory.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { Libc } from "../../ffi/libc.ts";
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
