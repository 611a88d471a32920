// SPDX-License-Identifier: MIT
// The output of `deno task compile` needs no Deno, no cache and no environment.
import { assert, assertEquals, assertStringIncludes, fail } from "@std/assert";
import { type Binary, compiledReader, LoneBinary } from "../support/binary.ts";
import { Guest, summary } from "../support/guest.ts";
import { haveBabeltrace, openTrace } from "../support/babeltrace.ts";
import { runCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { makeReader } from "../../packaging/compile.ts";
import { NPM_IMPORTS } from "../../packaging/permissions.ts";
import { ROOT } from "../../packaging/root.ts";

const binary: Binary = await compiledReader();

function binaryTest(
  name: string,
  fn: (alone: LoneBinary, isTestBuild: boolean) => Promise<void>,
): void {
  if ("missing" in binary) {
    Deno.test({
      name: `${name} (skipped: ${binary.missing})`,
      ignore: true,
      fn() {},
    });
    return;
  }
  Deno.test(name, async () => {
    using alone = new LoneBinary(binary);
    await fn(alone, binary.isTestBuild);
  });
}

function greeting(): Guest {
  const guest = new Guest();
  say(guest.writer, 0, "hello\n");
  say(guest.writer, 1, "world\n");
  return guest;
}

binaryTest("executable: --version tells a test build", async (alone, test) => {
  const { code, stdout, stderr } = await alone.run("--version");
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout.includes("test build"), test, stdout);
});

binaryTest("executable: text and JSON", async (alone) => {
  using guest = greeting();
  const args = ["-s", guest.name, "--once"];
  const text = await alone.run(...args);
  assertEquals(text, {
    code: 0,
    stdout: "hello\nworld\n",
    stderr: summary(2, 12) + "\n",
  });
  const { code, stdout, stderr } = await alone.run(...args, "--format=json");
  const messages = stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line).message
  );
  assertEquals(messages, ["hello", "world"]);
  assertEquals([code, stderr], [0, summary(2, 12) + "\n"]);
  assertEquals(alone.files(), ["ivring_reader"]);
});

binaryTest("executable: record", async (alone) => {
  using guest = greeting();
  const { code, stdout, stderr } = await alone.run(
    ...["record", "-s", guest.name, "--once", "-o", "trace"],
  );
  assertEquals([code, stdout], [0, ""], stderr);
  assertStringIncludes(stderr, " 2 records, ");
  assertEquals(alone.files(), ["ivring_reader", "trace"]);
  if (!haveBabeltrace()) return;
  const { events } = await openTrace(`${alone.folder}/trace`);
  assertEquals([...events.values()].flat().length, 2);
});

binaryTest("executable: convert to /dev/shm, and from there", async (alone) => {
  using guest = greeting();
  const path = `/dev/shm/${guest.name.slice(1)}-out`;
  const dat = ["convert", "-q", "--to", "trace.dat", "-o", `${path}.dat`];
  try {
    for (
      const args of [
        ["record", "-q", "-s", guest.name, "--once", "-o", `${path}.trace`],
        [...dat, "--trace", `${path}.trace`],
        [...dat, "-s", guest.name],
      ]
    ) {
      assertEquals(await alone.run(...args), {
        code: 0,
        stdout: "",
        stderr: "",
      });
    }
  } finally {
    await Deno.remove(`${path}.trace`, { recursive: true });
    await Deno.remove(`${path}.dat`);
  }
});

binaryTest("executable: a wrong command line, an error", async (alone) => {
  const wrong = await alone.run("--bogus");
  assertEquals([wrong.code, wrong.stdout], [2, ""]);
  const missing = await alone.run("-s", "/ivring-no-such", "--once");
  assertEquals([missing.code, missing.stdout], [1, ""]);
  assertStringIncludes(missing.stderr, "no shared memory object");
});

/**
 * Runs a reader with a planted file at the place where Deno's programs look for
 * compiled code: in the folder for temporary files, which is /tmp unless TMPDIR
 * names another.
 *
 * @returns Whether that file was read.
 */
async function readsPlantedCode(reader: LoneBinary): Promise<boolean> {
  using folder = new TempFolder();
  const planted = folder.at("deno-compile-ivring_reader.cache");
  const env = { TMPDIR: folder.path };
  const wasRead = async (read: () => Promise<unknown>) => {
    // The access time is older than the last change, so that the next read
    // updates it even with relatime.
    await Deno.utime(planted, 0, Date.now() / 1000);
    await read();
    return (await Deno.stat(planted)).atime!.getTime() > 0;
  };
  await Deno.writeTextFile(planted, "planted");
  assert(
    await wasRead(() => Deno.readTextFile(planted)),
    "this file system notes no reads: set TMPDIR to one that does",
  );
  return await wasRead(async () => {
    const { code, stderr } = await reader.runWith(env, "--version");
    assertEquals([code, stderr], [0, ""]);
  });
}

binaryTest(
  "executable: loads no code that somebody left in /tmp",
  async (alone) => {
    assertEquals(await readsPlantedCode(alone), false);
  },
);

binaryTest("control: with Deno's code cache it would be read", async () => {
  using caching = new LoneBinary(await makeReader({ codeCache: true }));
  assertEquals(await readsPlantedCode(caching), true);
});

binaryTest(
  "executable: the documents say which glibc it needs",
  async (alone) => {
    const { stdout } = await runCommand([
      ...["grep", "-aoE", "GLIBC_2\\.[0-9]+", `${alone.folder}/ivring_reader`],
    ]);
    const needs = stdout.trim().split("\n").map((each) =>
      Number(each.slice("GLIBC_2.".length))
    );
    const page = await Deno.readTextFile(`${ROOT}/docs/how-to/service.md`);
    const told = Number(/glibc 2\.(\d+)/.exec(page)?.[1]);
    assert(Math.max(...needs) <= told, `${Math.max(...needs)}, told ${told}`);
  },
);

/**
 * Files that are also run with the executable: those that depend on how a
 * program is started, fed and ended, and each command and output. The reader's
 * logic does not depend on how it is started, and is tested from the sources in
 * the same run. `deno task test:executable` sets IVRING_BINARY_ALL, and runs
 * all files again.
 */
const WITH_EXECUTABLE = [
  ...["config", "convert", "dump", "failures", "file", "help", "info"],
  ...["ivshmem_server", "journal", "list", "lossless", "output_end", "read"],
  ...["record", "terminal_output"],
];

/** Files that start no reader, or that test the sources. */
const FROM_SOURCES_ONLY = [
  ...["alarm", "columns", "far_times", "filter", "kernel_formats"],
  ...["message_runs", "oops_joiner", "own_folder", "patterns", "pending"],
  ...["reports", "stamps", "terminal", "trace_dat_text", "binary", "hermetic"],
];

const fileOf = (name: string) => `tests/cli/${name}_test.ts`;

/** Returns the arguments that name the files. */
function withExecutable(): string[] {
  return Deno.env.get("IVRING_BINARY_ALL")
    ? [`--ignore=${FROM_SOURCES_ONLY.map(fileOf)}`, "tests/cli/"]
    : WITH_EXECUTABLE.map(fileOf);
}

/** Returns a pattern of names; the runtime's patterns have no look-ahead. */
function beginsOtherThan(word: string): string {
  const ways = [...word].map((c, i) => `${word.slice(0, i)}[^${c}]`);
  return `/^(${ways.join("|")})/`;
}

binaryTest("executable: tests of the command line", async (alone) => {
  const out = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--no-prompt", "--no-check", ...NPM_IMPORTS, "--allow-all"],
      ...[
        // A control runs changed sources, whichever executable is tested.
        `--filter=${beginsOtherThan("control:")}`,
        ...withExecutable(),
      ],
    ],
    cwd: ROOT,
    env: { IVRING_READER: `${alone.folder}/ivring_reader`, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (out.code === 0) return;
  // The errors are shown in one piece, so that whoever sees a part of a long
  // log sees which test it was.
  const text = new TextDecoder().decode(out.stdout);
  const errors = text.slice(Math.max(0, text.indexOf("\n ERRORS \n")));
  // They are indented, because their totals are not this run's.
  console.log(errors.replaceAll("\n", "\n  "));
  fail("tests of the command line failed, as told above");
});
