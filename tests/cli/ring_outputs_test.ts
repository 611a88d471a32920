// SPDX-License-Identifier: MIT
/**
 * No output is ever written to a guest's ring or to a copy of one, whatever is
 * read.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { OwnReader } from "../support/own_reader.ts";
import { runCommand, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SharedObject } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

const REGION_BYTES = 1 << 20;

/** A command line that writes to `path`. */
type Writer = (path: string) => string[];

/** Two guests, one of which must not be written to, and a folder. */
class Rings implements Disposable {
  readonly read = new Guest();
  readonly other = new Guest();
  readonly folder = new TempFolder();

  constructor() {
    say(this.read.writer, 0, "hello\n");
    say(this.other.writer, 0, "hello\n");
  }

  /** Command lines for every way to read one guest and write a file. */
  get writers(): Record<string, Writer> {
    const { name } = this.read;
    const once = ["-s", name, "--once"];
    return {
      "-f": (path) => [...once, "-f", path],
      "--cursor-file": (path) => [...once, "--cursor-file", path],
      "--metrics-file": (path) => [...once, "--metrics-file", path],
      "dump -f": (path) => ["dump", "-s", name, "-f", path],
      "record -o": (path) => ["record", ...once, "-o", path],
      "convert -o": (path) => [
        ...["convert", "--to", "trace.dat", "-s", name, "-o", path],
      ],
    };
  }

  [Symbol.dispose](): void {
    for (const each of [this.read, this.other, this.folder]) {
      each[Symbol.dispose]();
    }
  }
}

/** Returns what changes if anything is done to a file. */
function stateOf(path: string): unknown {
  const { ino, size, mtime } = Deno.lstatSync(path);
  return [ino, size, mtime?.getTime(), Deno.readFileSync(path)];
}

/** What may be in the place of an output; it is made in `folder`. */
const PLACES: Record<string, (path: string, folder: TempFolder) => string> = {
  "its own path": (path) => path,
  "another spelling": (path) => path.replace("/dev/", "/dev/./../dev//"),
  "a link": (path, folder) => {
    Deno.symlinkSync(path, folder.at("link"));
    return folder.at("link");
  },
  "a link to its folder": (path, folder) => {
    Deno.symlinkSync("/dev/shm", folder.at("objects"));
    return path.replace("/dev/shm", folder.at("objects"));
  },
};

for (const [what, place] of Object.entries(PLACES)) {
  Deno.test(`no output is another guest's ring: through ${what}`, async () => {
    using rings = new Rings();
    const { path } = rings.other.object;
    const given = place(path, rings.folder);
    const before = stateOf(path);
    const names = rings.folder.names();
    for (const [option, args] of Object.entries(rings.writers)) {
      const { code, stdout, stderr } = await runReader(...args(given));
      assertEquals([option, code, stdout], [option, 1, ""]);
      assertMatch(
        stderr,
        /^ivring_reader: \S+: is a guest's ring or a copy of one: give \S+ another path\n$/,
      );
      assertEquals(stateOf(path), before);
      assertEquals(rings.folder.names(), names);
    }
  });
}

Deno.test("no output is a saved copy of a ring, nor one that rotation would replace", async () => {
  using rings = new Rings();
  const image = rings.folder.at("vm.ring.1");
  Deno.copyFileSync(rings.other.object.path, image);
  const before = stateOf(image);
  const all = Object.values(rings.writers).map((args) => args(image));
  const rotated = [
    ...["-s", rings.read.name, "--once", "-f", rings.folder.at("vm.ring")],
    ...["-S", "4K"],
  ];
  const dump = ["dump", "--image", rings.read.object.path, "-f", image];
  for (const args of [...all, rotated, dump]) {
    const { code, stderr } = await runReader(...args);
    assertEquals(code, 1);
    assertMatch(stderr, /ring\.1: is a guest's ring or a copy of one: give -/);
    assertEquals(stateOf(image), before);
    assertEquals(rings.folder.names(), ["vm.ring.1"]);
  }
});

Deno.test("no output is an object that no guest has formatted yet", async () => {
  using rings = new Rings();
  using object = new SharedObject(REGION_BYTES);
  const before = stateOf(object.path);
  for (const args of Object.values(rings.writers)) {
    const { code, stderr } = await runReader(...args(object.path));
    assertEquals(code, 1);
    assertMatch(stderr, /: is an object of the size of a guest's ring: give -/);
    assertEquals(stateOf(object.path), before);
  }
});

Deno.test("no output is an object that a pattern or --all reads, formatted or not", async () => {
  using rings = new Rings();
  using blank = new SharedObject(REGION_BYTES);
  using reader = new OwnReader();
  for (const { name, path } of [rings.other.object, blank]) {
    const before = stateOf(path);
    const pattern = `${name.slice(0, -1)}*`;
    for (
      const [args, says] of [
        [["-s", pattern, "--once", "-f", path], "what -s, --shm reads, too"],
        [["dump", "--all", "-f", path], "what --all reads, too"],
        [["dump", "-s", pattern, "-f", path], "what -s, --shm reads, too"],
        [["--all", "--once", "--metrics-file", path], "what --all reads, too"],
        [["record", "--all", "--once", "-o", path], "what --all reads, too"],
      ] as const
    ) {
      const { code, stdout, stderr } = await reader.run(...args);
      assertEquals([code, stdout], [2, ""], stderr);
      assert(stderr.includes(says), stderr);
      assertEquals(stateOf(path), before);
    }
  }
});

Deno.test("control: without the check of rings, a copy, an object and a ring are replaced", async () => {
  using rings = new Rings();
  using blank = new SharedObject(REGION_BYTES);
  const image = rings.folder.at("vm.ring");
  Deno.copyFileSync(rings.other.object.path, image);
  using unguarded = new ChangedReader({
    "cli/arguments/paths.ts": [{
      find: "  checkRings(libc, writes);\n",
      replace: "",
    }],
    // This leaves out the check that the file holds metrics.
    "cli/files/metrics_file.ts": [{
      find: 'head === "" || head === BEGINS',
      replace: "head !== null",
    }],
  });
  const write = rings.writers["--metrics-file"];
  for (const path of [image, blank.path, rings.other.object.path]) {
    const { stderr } = await runCommand(unguarded.command(write(path)));
    assert(Deno.statSync(path).size < REGION_BYTES, stderr);
  }
});

Deno.test("a log is no ring when it is opened either; control: unguarded it is appended to", async () => {
  using rings = new Rings();
  const { path } = rings.other.object;
  const before = stateOf(path);
  const unchecked = {
    find: "  checkRings(libc, writes);\n",
    replace: "",
  };
  const args = rings.writers["-f"](path);
  using second = new ChangedReader({ "cli/arguments/paths.ts": [unchecked] });
  const { code, stderr } = await runCommand(second.command(args));
  assertEquals(code, 1);
  assertMatch(stderr, /: is a guest's ring or a copy of one: give -f another/);
  assertEquals(stateOf(path), before);
  using neither = new ChangedReader({
    "cli/arguments/paths.ts": [unchecked],
    "cli/files/append_file.ts": [{
      find: "      refuseRing(libc, opened, path);\n",
      replace: "",
    }],
  });
  await runCommand(neither.command(args));
  assert(Deno.statSync(path).size > REGION_BYTES);
});

Deno.test("a log is no ring because its guest wrote what a ring begins with", async () => {
  using rings = new Rings();
  const log = rings.folder.at("log");
  const start = Deno.readFileSync(rings.other.object.path).slice(0, 4096);
  await Deno.writeFile(log, start);
  const { code, stderr } = await runReader(...rings.writers["-f"](log));
  assertEquals(code, 0, stderr);
  // The file does not end with a whole line, so its line is ended first.
  assertEquals(Deno.statSync(log).size, 4096 + "\nhello\n".length);
});
