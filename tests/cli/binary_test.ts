// SPDX-License-Identifier: MIT
// What `deno task compile` makes needs no Deno, no cache and no environment.
import { assert, assertEquals, assertStringIncludes, fail } from "@std/assert";
import { type Binary, compiledReader, LoneBinary } from "../support/binary.ts";
import { Guest, summary } from "../support/guest.ts";
import { haveBabeltrace, openTrace } from "../support/babeltrace.ts";
import { runCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { NPM_IMPORTS } from "../tools/permissions.ts";
import { ROOT } from "../tools/root.ts";

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

binaryTest("executable: a wrong command line, an error", async (alone) => {
  const wrong = await alone.run("--bogus");
  assertEquals([wrong.code, wrong.stdout], [2, ""]);
  const missing = await alone.run("-s", "/ivring-no-such", "--once");
  assertEquals([missing.code, missing.stdout], [1, ""]);
  assertStringIncludes(missing.stderr, "no shared memory object");
});

binaryTest("executable: README tells the glibc it needs", async (alone) => {
  const { stdout } = await runCommand([
    ...["grep", "-aoE", "GLIBC_2\\.[0-9]+", `${alone.folder}/ivring_reader`],
  ]);
  const needs = stdout.trim().split("\n").map((each) =>
    Number(each.slice("GLIBC_2.".length))
  );
  const readme = await Deno.readTextFile(`${ROOT}/README.md`);
  const told = Number(/glibc 2\.(\d+)/.exec(readme)?.[1]);
  assert(Math.max(...needs) <= told, `${Math.max(...needs)}, told ${told}`);
});

binaryTest("executable: all tests of the command line", async (alone) => {
  const out = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--no-prompt", "--no-check", ...NPM_IMPORTS, "--allow-all"],
      ...["--ignore=tests/cli/binary_test.ts", "tests/cli/"],
    ],
    cwd: ROOT,
    env: { IVRING_READER: `${alone.folder}/ivring_reader`, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (out.code === 0) return;
  // At once, and whole: who sees a part of a long log sees which test it was.
  const text = new TextDecoder().decode(out.stdout);
  const errors = text.slice(Math.max(0, text.indexOf("\n ERRORS \n")));
  // Indented: its sum is not this run's.
  console.log(errors.replaceAll("\n", "\n  "));
  fail("tests of the command line failed, as told above");
});
