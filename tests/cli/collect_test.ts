// SPDX-License-Identifier: MIT
/** `deno task collect`, the example of scripted collection. */
import { assert, assertEquals } from "@std/assert";
import { collect } from "../../cli/collect.ts";
import { Guest } from "../support/guest.ts";
import { readerCommand, runCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { NPM_IMPORTS } from "../tools/permissions.ts";

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
    ...["--allow-read", "--allow-write", "cli/collect.ts"],
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
  assertEquals((mode ?? 0) & 0o777, 0o600);
});

Deno.test("collect: files rotate between lines, and the oldest goes", async () => {
  using folder = new TempFolder();
  const line = (n: number) => JSON.stringify({ object: "/vm", n });
  const mostBytes = 2 * (line(0).length + 1);
  const lines = linesOf(...Array.from({ length: 9 }, (_, n) => line(n)));
  const options = { folder: folder.path, mostBytes, files: 3 };
  assertEquals(await collect(lines, options), { written: 9, refused: 0 });
  const numbers = (name: string) =>
    folder.read(name).trimEnd().split("\n").map((each) => JSON.parse(each).n);
  assertEquals(folder.names(), ["vm.ndjson", "vm.ndjson.1", "vm.ndjson.2"]);
  assertEquals(numbers("vm.ndjson"), [8]);
  assertEquals(numbers("vm.ndjson.1"), [6, 7]);
  assertEquals(numbers("vm.ndjson.2"), [4, 5]);
  // Another one goes on where that one was.
  await collect(linesOf(line(9), line(10)), options);
  assertEquals(numbers("vm.ndjson.1"), [8, 9]);
});

Deno.test("collect: names cannot leave the folder, odd lines are counted", async () => {
  using folder = new TempFolder();
  const options = { folder: folder.at("in"), mostBytes: 1e6, files: 1 };
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
