// SPDX-License-Identifier: MIT
/**
 * Tests our own folders: what others put into them is neither opened nor
 * replaced.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { Libc } from "../../ffi/libc.ts";
import { statPath } from "../../ffi/stat.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { type Change, copySources } from "../support/changes.ts";
import * as whole from "../../cli/traces/own_folder.ts";

type Module = typeof whole;

const TEXT = "not ours";

/** A folder of ours at the top of a test's folder. */
class Place implements Disposable {
  readonly folder = new TempFolder();
  readonly #libc = new Libc();
  readonly #fd: number;
  readonly own: whole.OwnFolder;

  constructor({ OwnFolder }: Module = whole) {
    const { path } = this.folder;
    const name = new TextEncoder().encode(path + "\0");
    this.#fd = this.#libc.symbols.open(name, 0, 0);
    const above = { path, use: <T>(body: (fd: number) => T) => body(this.#fd) };
    this.own = OwnFolder.top(this.#libc, above, statPath(this.#libc, path)!);
  }

  write(name: string): void {
    Deno.writeTextFileSync(this.folder.at(name), TEXT);
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
    this.folder[Symbol.dispose]();
  }
}

/** Runs a test with a copy of the sources that lacks a guard. */
async function changed(
  file: string,
  change: Change,
  test: (module: Module) => void,
): Promise<void> {
  using folder = new TempFolder();
  for (const source of ["cli", "ffi", "ring"]) {
    copySources(source, folder.at(source), { [file]: [change] });
  }
  test(await import(`file://${folder.at("cli/traces/own_folder.ts")}`));
}

/**
 * Replaces a text whose place somebody else has taken.
 *
 * @returns What is there afterwards.
 */
function replacedText(module: Module): string {
  using place = new Place(module);
  place.own.replaceText("text", place.own, "one");
  Deno.removeSync(place.folder.at("text"));
  place.write("text");
  try {
    place.own.replaceText("text", place.own, "two");
  } catch (error) {
    assertEquals((error as { code?: string }).code, "EEXIST");
  }
  assertEquals(place.folder.names(), ["text"]);
  return place.folder.read("text");
}

Deno.test("own folder: a text that others have put there is not replaced", async () => {
  assertEquals(replacedText(whole), TEXT);
  await changed("cli/traces/own_folder.ts", {
    find: "const isOurs = mark !== undefined && isSameFile(there, mark);",
    replace: "const isOurs = true;",
  }, (module) => assertEquals(replacedText(module), "two", "the control"));
});

Deno.test("own folder: nor is one that was never ours, nor a link", () => {
  using place = new Place();
  const { own, folder } = place;
  place.write("text");
  Deno.symlinkSync(folder.at("text"), folder.at("link"));
  Deno.symlinkSync(folder.at("nothing"), folder.at("dangling"));
  for (const name of ["text", "link", "dangling"]) {
    for (
      const make of [
        () => own.replaceText(name, own, "ours"),
        () => own.newFile(name),
        () => own.folder(name),
      ]
    ) assertThrows(make, Error, "exists already");
  }
  assertEquals(folder.names(), ["dangling", "link", "text"]);
  assertEquals(folder.read("text"), TEXT);
});

Deno.test("own folder: our text is replaced as a whole, with nothing left beside it", () => {
  using place = new Place();
  const { own, folder } = place;
  const spares = own.folder("spares");
  for (const text of ["one", "two"]) own.replaceText("text", spares, text);
  assertEquals([...Deno.readDirSync(spares.path)], []);
  assertEquals(folder.read("text"), "two");
});

/**
 * Removes a folder whose name another folder has taken.
 *
 * @returns What is left.
 */
function removedFolder(module: Module): string[] {
  using place = new Place(module);
  const { own, folder } = place;
  own.folder("ours").replaceText("file", own, "ours");
  Deno.renameSync(folder.at("ours"), folder.at("old"));
  Deno.mkdirSync(folder.at("ours"));
  place.write("ours/file");
  own.remove("ours");
  return folder.names();
}

Deno.test("own folder: another one in its place is neither removed nor made things in", async () => {
  assertEquals(removedFolder(whole), ["old", "ours"]);
  await changed("ffi/stat.ts", {
    find: "one?.identity === other.identity && one.bornNs === other.bornNs",
    replace: "one !== null || other === null",
  }, (module) => assertEquals(removedFolder(module), ["old"], "the control"));
  using place = new Place();
  const { own, folder } = place;
  const ours = own.folder("ours");
  Deno.renameSync(folder.at("ours"), folder.at("old"));
  Deno.symlinkSync(folder.at("old"), folder.at("ours"));
  assertEquals(ours.isThere, false);
  assertThrows(() => ours.newFile("file"), Error, "no such file");
  assertEquals([...Deno.readDirSync(folder.at("old"))], []);
});

Deno.test("own folder: a folder is removed with what was made in it, and only that", () => {
  using place = new Place();
  const { own, folder } = place;
  for (const name of ["whole", "shared"]) {
    const inner = own.folder(name).folder("inner");
    inner.replaceText("text", inner, "ours");
  }
  place.write("shared/inner/other");
  assertEquals([own.remove("whole"), own.remove("shared")], [false, true]);
  assertEquals(folder.names(), ["shared"]);
  assertEquals(
    [...Deno.readDirSync(folder.at("shared/inner"))].map(({ name }) => name),
    ["other"],
  );
});
