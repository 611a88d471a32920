// SPDX-License-Identifier: MIT
// Tests `dump` and `info` of several objects, given by -s, by words, by
// patterns.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Guest, REGION_BYTES } from "../support/guest.ts";
import { OwnReader } from "../support/own_reader.ts";
import { runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Two guests whose names one pattern matches. */
class Pair implements Disposable {
  readonly base: string = uniqueName();
  readonly a = new Guest({}, REGION_BYTES, `${this.base}-a`);
  readonly b = new Guest({}, REGION_BYTES, `${this.base}-b`);

  constructor() {
    say(this.a.writer, 0, "hello a\n");
    say(this.b.writer, 0, "hello b\n");
  }

  [Symbol.dispose](): void {
    this.a[Symbol.dispose]();
    this.b[Symbol.dispose]();
  }
}

Deno.test("dump of several: each line labelled, as read does it", async () => {
  using pair = new Pair();
  const { base, a, b } = pair;
  const expected = `${a.name}: hello a\n${b.name}: hello b\n`;
  for (
    const named of [
      ["-s", `${base}-*`],
      ["-s", a.name, "-s", b.name],
      [`${base}-[ab]`],
      [a.name, b.name],
    ]
  ) {
    const { code, stdout, stderr } = await runReader("dump", ...named, "-q");
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.split("\n").sort(), expected.split("\n").sort());
  }
});

Deno.test("info of several: one after the other, or a line of JSON each", async () => {
  using pair = new Pair();
  const { base, a, b } = pair;
  const json = await runReader("info", `${base}-*`, "--json");
  assertEquals([json.code, json.stderr], [0, ""]);
  const objects = json.stdout.trimEnd().split("\n")
    .map((line) => JSON.parse(line).object);
  assertEquals(objects, [a.name, b.name]);
  const text = await runReader("info", "-s", a.name, "-s", b.name);
  assertEquals([text.code, text.stderr], [0, ""]);
  const heads = text.stdout.match(/^object .*$/gm)!.map((line) =>
    /\/\S+(?=,)/.exec(line)![0]
  );
  assertEquals(heads, [a.name, b.name]);
  assertStringIncludes(text.stdout, "\n\nobject ");
});

Deno.test("info of several: one that cannot be read is left out", async () => {
  using pair = new Pair();
  const { a } = pair;
  const missing = uniqueName();
  const { code, stdout, stderr } = await runReader(
    ...["info", "--json", missing, a.name],
  );
  assertEquals(code, 1);
  assertEquals(JSON.parse(stdout).object, a.name);
  const [left, sum] = stderr.trimEnd().split("\n");
  assert(left.includes(`${missing} yet`) && left.endsWith(": left out"), left);
  assertEquals(sum, "ivring_reader: 1 of 2 objects could not be read");
});

Deno.test("dump and info: a pattern whose rings cannot be read", async () => {
  using pair = new Pair();
  for (const { object } of [pair.a, pair.b]) Deno.chmodSync(object.path, 0o666);
  for (const command of ["dump", "info"]) {
    const ended = await runReader(command, `${pair.base}-*`);
    assertEquals([ended.code, ended.stdout], [1, ""], ended.stderr);
    const said = ended.stderr.trimEnd().split("\n");
    assertEquals(said.filter((line) => line.endsWith(": left out")).length, 2);
    assertMatch(said.at(-1)!, /: none of 2 objects could be read$/);
  }
});

/** Returns commands that end by themselves, and write into a test's folder. */
function endingCommands(folder: TempFolder): string[][] {
  return [
    ["dump"],
    ["dump", "-f", folder.at("log")],
    ["info"],
    ["read", "--once"],
    ["read", "--once", "-f", folder.at("log"), "-S", "1"],
    ["record", "--once", "-o", folder.at("trace")],
  ];
}

Deno.test("commands that end: a pattern that matches no ring is an error that names it, and nothing is made", async () => {
  using foreign = new SharedObject(4096);
  using folder = new TempFolder();
  const [pattern, other] = [`${foreign.name}*`, `${foreign.name}?`];
  for (const command of endingCommands(folder)) {
    const ended = await runReader(...command, pattern, other);
    assertEquals([ended.code, ended.stdout], [1, ""], command.join(" "));
    assertEquals(
      ended.stderr,
      `ivring_reader: no ring matches "${pattern}" or "${other}": ` +
        "ivring_reader list shows which there are\n",
    );
    assertEquals([...Deno.readDirSync(folder.path)], []);
  }
});

Deno.test("commands that end: where no object can be read, the exit code is 1, and no folder stays", async () => {
  using pair = new Pair();
  using folder = new TempFolder();
  for (const { object } of [pair.a, pair.b]) Deno.chmodSync(object.path, 0o666);
  for (const command of endingCommands(folder)) {
    for (const named of [[`${pair.base}-*`], [pair.a.name]]) {
      const { code, stdout } = await runReader(...command, ...named);
      assertEquals([code, stdout], [1, ""], command.join(" "));
    }
  }
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), [
    "log",
  ]);
  // A folder that was there before stays.
  await Deno.mkdir(folder.at("trace"));
  const record = ["record", "--once", "-o", folder.at("trace"), pair.a.name];
  assertEquals((await runReader(...record)).code, 1);
  assertEquals([...Deno.readDirSync(folder.at("trace"))], []);
});

Deno.test("commands that end: --all on a host without a ring is an error that says so", async () => {
  using reader = new OwnReader();
  using folder = new TempFolder();
  for (const command of endingCommands(folder)) {
    const { code, stdout, stderr } = await reader.run(...command, "--all");
    assertEquals([code, stdout], [1, ""], command.join(" "));
    assertStringIncludes(stderr, "ivring_reader: no ring on this host: start ");
  }
  assertEquals([...Deno.readDirSync(folder.path)], []);
  // For `list`, no ring is a valid answer.
  const list = await reader.run("list");
  const said = "ivring_reader: no ring on this host\n";
  assertEquals(list, { code: 0, stdout: "", stderr: said });
  assertEquals((await reader.run("list", "--json")).stdout, "");
});

Deno.test("an object whose own name looks like a pattern is named in brackets", async () => {
  const base = uniqueName();
  using guest = new Guest({}, REGION_BYTES, `${base}[b]`);
  using other = new Guest({}, REGION_BYTES, `${base}b`);
  say(guest.writer, 0, "of the brackets\n");
  say(other.writer, 0, "of the other\n");
  const { code, stdout } = await runReader("dump", `${base}[[]b]`, "-q");
  assertEquals(code, 0);
  assertEquals(stdout, `${guest.name}: of the brackets\n`);
});

Deno.test("convert says that it takes one object, and of what", async () => {
  const to = ["convert", "--to", "ctf", "-o", "x"];
  const wrong: readonly (readonly [string[], string])[] = [
    [["-s", "vm*"], '"vm*" may be many objects, and convert takes one'],
    [["-s", "a", "-s", "b"], "convert takes one object"],
  ];
  for (const [args, says] of wrong) {
    const { code, stderr } = await runReader(...to, ...args);
    assertEquals(code, 2);
    assertEquals(stderr, `ivring_reader: option -s, --shm: ${says}\n`);
  }
  const { code, stderr } = await runReader("dump", "--image", "x", "--all");
  assertEquals(code, 2);
  assertStringIncludes(
    stderr,
    "option --image does not go together with --all",
  );
});

Deno.test("one object has one name, however it is given", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "x\n");
  const bare = guest.name.slice(1);
  const path = `/dev/shm/${bare}`;
  for (const named of [[bare], [path], [guest.name], [bare, path]]) {
    const args = named.flatMap((name) => ["-s", name]);
    const read = await runReader(...args, "--once", "--format", "json");
    assertEquals([read.code, JSON.parse(read.stdout).object], [0, guest.name]);
    const dump = await runReader("dump", ...named, "-q");
    assertEquals(dump, { code: 0, stdout: "x\n", stderr: "" });
    const info = await runReader("info", ...named, "--json");
    assertEquals(JSON.parse(info.stdout).object, guest.name);
  }
  const { stderr } = await runReader("dump", "no-such-ring");
  assertStringIncludes(stderr, " /no-such-ring ");
});
