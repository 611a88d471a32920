// SPDX-License-Identifier: MIT
/**
 * Tests messages about paths that cannot be used. Each is one sentence that
 * names the path once and says what to do, whichever option named it; it is
 * never a text of the runtime.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { explain } from "../../cli/console/explain.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { ERRNO } from "../../ffi/errno.ts";
import { Guest } from "../support/guest.ts";
import { type Ended, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SmallDisk, whyNoSmallDisk } from "../support/small_disk.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Texts of Deno, of Node's modules, of V8 and of our own calls. */
const RAW =
  /os error|\bE[A-Z]{3,}\b|Requires \w+ access|Uncaught|destructur|file:\/\/|JSON at|JSON input|undefined|\bat \w+ \(/;

/** Checks for one plain line with the path as its subject, and exit code 1. */
function assertPlain({ code, stdout, stderr }: Ended, says: RegExp): void {
  assertMatch(stderr, /^ivring_reader: [^\n]+\n$/);
  assert(!RAW.test(stderr), stderr);
  assertMatch(stderr, says);
  assertEquals([code, stdout], [1, ""], stderr);
}

/** Each option that takes a path, and what else its command needs. */
const WRITERS: Record<string, (path: string, name: string) => string[]> = {
  "-f": (path, name) => ["-s", name, "--once", "-q", "-f", path],
  "--cursor-file": (path, name) => [
    ...["-s", name, "--once", "-q", "--cursor-file", path],
  ],
  "--metrics-file": (path, name) => [
    ...["-s", name, "--once", "-q", "--metrics-file", path],
  ],
  "record -o": (path, name) => [
    ...["record", "-s", name, "--once", "-q", "-o", path],
  ],
  "convert --to trace.dat -o": (path, name) => [
    ...["convert", "--to", "trace.dat", "-s", name, "-q", "-o", path],
  ],
  "convert --to ctf -o": (path, name) => [
    ...["convert", "--to", "ctf", "-s", name, "-q", "-o", path],
  ],
  "--server": (path) => ["--server", path, "-m", "1", "-q"],
};
const READERS: typeof WRITERS = {
  "--image": (path) => ["dump", "-q", "--image", path],
  "--trace": (path) => [
    ...["convert", "-q", "--to", "trace.dat", "-o", `${path}.dat`],
    ...["--trace", path],
  ],
};

/** What is at a path, and why it cannot be used. */
interface Case {
  readonly what: string;
  /** Makes this in a new folder, and returns the path to give. */
  readonly make: (folder: TempFolder) => string;
  readonly says: RegExp;
  /** The options that accept it. */
  readonly goodFor?: readonly string[];
}

const FOLDERS = ["record -o", "convert --to ctf -o"];

const CASES: readonly Case[] = [
  {
    what: "below a directory that is not there",
    make: (folder) => folder.at("none/deeper/x"),
    says: /: there is no directory \S+\/none: make it first, or give /,
  },
  {
    what: "below a file",
    make: (folder) => {
      Deno.writeTextFileSync(folder.at("file"), "");
      return folder.at("file/x");
    },
    says: /: \S+\/file is a file, not a directory: give /,
  },
  {
    what: "below symbolic links in a circle",
    make: (folder) => {
      Deno.symlinkSync("circle", folder.at("circle"));
      return folder.at("circle/x");
    },
    says: /: symbolic links in this path lead in a circle: give /,
  },
  {
    what: "a name that is too long",
    make: (folder) => folder.at("n".repeat(300)),
    says:
      /\/\S+n\.\.\.n+\S*: name too long: give \S+ a shorter one|has at most 1/,
  },
  {
    what: "a device",
    make: () => "/dev/null",
    says:
      /null:? is a character device(, not a directory)?: give |null: Deno, /,
  },
  {
    what: "a directory",
    make: (folder) => {
      Deno.mkdirSync(folder.at("folder"));
      return folder.at("folder");
    },
    says: /\/folder: is a directory: give \S+ (the name of a file|another)/,
    goodFor: [...FOLDERS, "--trace"],
  },
  {
    what: "a missing file, with a slash at its end",
    make: (folder) => folder.at("newname/"),
    says: /: there is no directory \S+\/newname: make it first, or give /,
    goodFor: [...FOLDERS, "--trace"],
  },
  {
    what: "a symbolic link to nothing",
    make: (folder) => {
      Deno.symlinkSync("nothing", folder.at("link"));
      return folder.at("link");
    },
    says:
      /\/link: is a symbolic link( to nothing|, which is not followed)?: gi/,
    goodFor: [
      ...["--cursor-file", "--metrics-file", "--server"],
      "convert --to trace.dat -o",
    ],
  },
  {
    what: "nothing at all",
    make: (folder) => folder.at("none"),
    says: /\/none: there is no such file or directory: check the name/,
    goodFor: Object.keys(WRITERS),
  },
];

for (const { what, make, says, goodFor = [] } of CASES) {
  for (const [option, args] of Object.entries({ ...WRITERS, ...READERS })) {
    if (goodFor.includes(option)) continue;
    // The path of a socket is even shorter; that is an error of the command
    // line.
    if (option === "--server" && what.includes("long")) continue;
    Deno.test(`${option}: ${what} is one plain line`, async () => {
      using folder = new TempFolder();
      using guest = new Guest();
      const path = make(folder);
      const before = folder.names();
      assertPlain(await runReader(...args(path, guest.name)), says);
      assertEquals(folder.names(), before);
    });
  }
}

Deno.test("traces and files are made and read in /dev/shm, which Deno's own functions may not use", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const path = `/dev/shm/${guest.name.slice(1)}-out`;
  const made = { code: 0, stdout: "", stderr: "" };
  const dat = ["convert", "-q", "--to", "trace.dat", "-o", `${path}.dat`];
  const record = WRITERS["record -o"](`${path}.trace`, guest.name);
  try {
    for (
      const args of [
        [...dat, "-s", guest.name],
        record,
        [...dat, "--trace", `${path}.trace`],
      ]
    ) assertEquals(await runReader(...args), made);
    const names = [...Deno.readDirSync("/dev/shm")].map(({ name }) => name);
    assertEquals(names.filter((name) => name.endsWith(".tmp")), []);
    assert(Deno.statSync(`${path}.dat`).size > 0);
  } finally {
    Deno.removeSync(`${path}.trace`, { recursive: true });
    Deno.removeSync(`${path}.dat`);
  }
});

Deno.test("convert -o: a link is refused, because what has its name may be everybody's", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const link = folder.at("link");
  Deno.symlinkSync("/dev/stdout", link);
  const args = WRITERS["convert --to trace.dat -o"](link, guest.name);
  assertPlain(
    await runReader(...args),
    /link: is a symbolic link, which is not followed: give -o the name of the/,
  );
  assertEquals(Deno.readLinkSync(link), "/dev/stdout");
});

Deno.test("a cursor and a metrics file do not replace a link to a device", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const link = folder.at("link");
  Deno.symlinkSync("/dev/null", link);
  for (const option of ["--cursor-file", "--metrics-file"]) {
    const ended = await runReader(...WRITERS[option](link, guest.name));
    assertPlain(ended, /link: is a symbolic link: give -/);
    assertEquals(Deno.readLinkSync(link), "/dev/null");
  }
});

Deno.test("what Deno keeps from us is explained, whichever words Deno has for it", () => {
  const requires = 'Requires all access to "/dev/shm/x", ';
  for (
    const how of [
      "run again with the --allow-all flag",
      "specify the required permissions during compilation using `deno " +
      "compile --allow-all`",
    ]
  ) {
    const text = explain(new Deno.errors.NotCapable(requires + how), "-o");
    assertMatch(text, /^\/dev\/shm\/x: Deno, which .*: give -o a path else/);
  }
});

Deno.test("convert -o DIR is refused before anything is read", async () => {
  using folder = new TempFolder();
  // Neither the object nor the trace exists, but the target is checked first.
  for (const source of [["-s", "/ivring-none"], ["--trace", "/none"]]) {
    const ended = await runReader(
      ...["convert", "--to", "trace.dat", "-o", folder.path, ...source],
    );
    assertPlain(ended, /: is a directory: give -o the name of a file/);
  }
});

const WHY_NOT = whyNoSmallDisk();

Deno.test({
  name: "a full disk, a disk for reading only: one plain line" +
    (WHY_NOT === "" ? "" : ` (skipped: ${WHY_NOT})`),
  ignore: WHY_NOT !== "",
  fn: async () => {
    using guest = new Guest({}, 1 << 20);
    for (let i = 0; i < 2000; i++) say(guest.writer, 0, "y".repeat(200));
    using readOnly = new SmallDisk("ro");
    for (const [option, args] of Object.entries(WRITERS)) {
      const ended = await runReader(...args(readOnly.at("x"), guest.name));
      assertPlain(
        { ...ended, stdout: "" },
        /\/x: read-only file system: give (\S+ )?a path on another/,
      );
      assertEquals([option, readOnly.read("x")], [option, ""]);
    }
    using small = new SmallDisk("size=64k");
    const args = WRITERS["convert --to trace.dat -o"](
      small.at("x"),
      guest.name,
    );
    assertPlain(
      await runReader(...args),
      /\/x.*: no space left on device: make/,
    );
    assertEquals([...Deno.readDirSync(small.path)], []);
  },
});

Deno.test("an error number is a sentence, with what to do where that is known", () => {
  for (const errno of Object.values(ERRNO)) {
    const text = explain(new SyscallError("open", errno, "/a/b"), "-f");
    assertMatch(text, /^\/a\/b: [^A-Z]+/);
    assert(!RAW.test(text), text);
  }
  assertEquals(
    explain(new SyscallError("open", ERRNO.EACCES, "/a/b"), "-f"),
    "/a/b: permission denied: run as a user who may use it, or give -f " +
      "another path",
  );
});
