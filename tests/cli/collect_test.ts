// SPDX-License-Identifier: MIT
/** Tests `deno task collect`, the example of scripted collection. */
import { assert, assertEquals } from "@std/assert";
import { collect } from "../../examples/collect.ts";
import { Guest } from "../support/guest.ts";
import { readerCommand, runCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { NPM_IMPORTS } from "../../packaging/permissions.ts";

async function* linesOf(...lines: string[]): AsyncGenerator<string> {
  yield* lines;
}

Deno.test("collect: a file for each guest, from a reader of several", async () => {
  using one = new Guest();
  using two = new Guest();
  using folder = new TempFolder();
  say(one.writer, 0, "from one\n");
  say(two.writer, 0, "from two\n");
  say(one.writer, 1, "and again\n");
  const reader = readerCommand(
    ["-s", one.name, "-s", two.name, "--once", "-q", "--format", "json"],
  );
  const collector = [
    ...[Deno.execPath(), "run", "--no-check", ...NPM_IMPORTS],
    ...["--allow-ffi", "--allow-read", "--allow-write"],
    "examples/collect.ts",
  ];
  const quoted = (words: string[]) =>
    words.map((word) => `'${word}'`).join(" ");
  const { code, stdout, stderr } = await runCommand(
    [
      "sh",
      "-c",
      `${quoted(reader)} | ${quoted([...collector, folder.at("logs")])}`,
    ],
  );
  assertEquals([code, stdout], [0, ""], stderr);
  assert(stderr.includes("collect: 3 lines written, 0 refused"), stderr);
  const messages = (name: string) =>
    folder.read(`logs${name}.ndjson`).trimEnd().split("\n")
      .map((line) => JSON.parse(line).message);
  assertEquals(messages(one.name), ["from one", "and again"]);
  assertEquals(messages(two.name), ["from two"]);
  const { mode } = Deno.statSync(folder.at(`logs${one.name}.ndjson`));
  assertEquals((mode ?? 0) & 0o777, 0o640);
});

Deno.test("collect: files rotate between lines, and the oldest goes", async () => {
  using folder = new TempFolder();
  const line = (n: number) => JSON.stringify({ object: "/vm", n });
  const limitBytes = 2 * (line(0).length + 1);
  const lines = linesOf(...Array.from({ length: 9 }, (_, n) => line(n)));
  const options = { folder: folder.path, limitBytes, files: 3 };
  assertEquals(await collect(lines, options), { written: 9, refused: 0 });
  const numbers = (name: string) =>
    folder.read(name).trimEnd().split("\n").map((each) => JSON.parse(each).n);
  assertEquals(folder.names(), ["vm.ndjson", "vm.ndjson.1", "vm.ndjson.2"]);
  assertEquals(numbers("vm.ndjson"), [8]);
  assertEquals(numbers("vm.ndjson.1"), [6, 7]);
  assertEquals(numbers("vm.ndjson.2"), [4, 5]);
  // Another collector continues where the first one stopped.
  await collect(linesOf(line(9), line(10)), options);
  assertEquals(numbers("vm.ndjson.1"), [8, 9]);
});

Deno.test("collect: names cannot leave the folder, odd lines are counted", async () => {
  using folder = new TempFolder();
  const options = { folder: folder.at("in"), limitBytes: 1e6, files: 1 };
  const names = ["/../x", "/a/b", "/\x1b[2J"];
  const lines = names.map((object) => JSON.stringify({ object }));
  const odd = ["", "no json", "null", "{}", '{"object":1}'];
  assertEquals(
    await collect(linesOf(...lines, ...odd), options),
    { written: 3, refused: 5 },
  );
  assertEquals(folder.names(), ["in"]);
  const written = [...Deno.readDirSync(options.folder)].map(({ name }) => name);
  assertEquals(
    written.sort(),
    ["%1B%5B2J.ndjson", "..%2Fx.ndjson", "a%2Fb.ndjson"],
  );
});

function collector(...permissions: string[]): string[] {
  return [
    ...[Deno.execPath(), "run", "--no-prompt", "--no-check", ...NPM_IMPORTS],
    ...[...permissions, "examples/collect.ts"],
  ];
}

const ALL = ["--allow-ffi", "--allow-read", "--allow-write"];

Deno.test("collect: what stands in its way is one plain line", async () => {
  using folder = new TempFolder();
  Deno.writeTextFileSync(folder.at("file"), "");
  for (
    const [command, expected, says] of [
      [
        [...collector(...ALL), folder.at("file/logs")],
        1,
        "file is a file, not a directory",
      ],
      [
        [...collector(...ALL), folder.at("no/logs")],
        1,
        "no/logs: there is no directory",
      ],
      [[...collector(...ALL), folder.at("logs"), "many"], 2, "usage: collect"],
      [[...collector(...ALL), "--help"], 2, "usage: collect"],
      [
        [...collector(), folder.at("logs")],
        1,
        "without a permission of Deno's",
      ],
    ] as const
  ) {
    const { code, stdout, stderr } = await runCommand(command);
    assertEquals([code, stdout], [expected, ""], stderr);
    assert(stderr.startsWith("collect: ") && stderr.includes(says), stderr);
    assertEquals(stderr.split("\n").length, 2, stderr);
  }
  assertEquals(folder.names(), ["file"]);
});

Deno.test("collect: a guest whose file cannot be written costs no other one a line", async () => {
  using folder = new TempFolder();
  Deno.mkdirSync(folder.at("busy.ndjson"));
  Deno.symlinkSync(folder.at("precious"), folder.at("link.ndjson"));
  Deno.writeTextFileSync(folder.at("precious"), "mine\n");
  const objects = [
    "/" + "\u6f22".repeat(80),
    "/busy",
    "/link",
    "/good",
    "/busy",
  ];
  const lines = objects.map((object) => JSON.stringify({ object }));
  const options = { folder: folder.path, limitBytes: 1e6, files: 2 };
  const counts = await collect(linesOf(...lines), options);
  assertEquals(counts, { written: 1, refused: 4 });
  assertEquals(folder.read("good.ndjson"), '{"object":"/good"}\n');
  assertEquals(folder.read("precious"), "mine\n");
});

Deno.test("collect: two of them do not write each line twice", async () => {
  using folder = new TempFolder();
  const options = { folder: folder.path, limitBytes: 1e6, files: 2 };
  const line = '{"object":"/vm"}';
  let other = { written: -1, refused: -1 };
  async function* once(): AsyncGenerator<string> {
    yield line;
    other = await collect(linesOf(line), options);
  }
  assertEquals(await collect(once(), options), { written: 1, refused: 0 });
  assertEquals(other, { written: 0, refused: 1 });
  assertEquals(folder.read("vm.ndjson"), `${line}\n`);
});
