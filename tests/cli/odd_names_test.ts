// SPDX-License-Identifier: MIT
// Tests objects whose names are invalid UTF-8, or wide: none is left out.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { unicodeWidth } from "@std/cli/unicode-width";
import { ABI } from "../../ring/layout.ts";
import { Guest } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import { OwnReader } from "../support/own_reader.ts";
import { runCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { uniqueName } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** A guest whose object's name ends with bytes that are invalid UTF-8. */
class OddGuest implements AsyncDisposable {
  readonly #guest = new Guest();
  /** The name as it is shown. */
  readonly shown = `${this.#guest.name}\\xff\\xe6`;
  /** A pattern that matches only this name. */
  readonly pattern = `${this.#guest.name}??`;

  async move(): Promise<this> {
    say(this.#guest.writer, 0, "hello\n");
    await this.#run('mv "$1" "$1"$\'\\xff\\xe6\'');
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run("rm \"$1\"$'\\xff\\xe6'");
    this.#guest[Symbol.dispose]();
  }

  async #run(script: string): Promise<void> {
    const { code, stderr } = await runCommand(
      ["bash", "-c", script, "bash", this.#guest.object.path],
    );
    assertEquals([code, stderr], [0, ""]);
  }
}

Deno.test("a name that is invalid UTF-8 is listed, and its object read", async () => {
  await using guest = await new OddGuest().move();
  const { shown, pattern } = guest;
  using own = new OwnReader();
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await own.run(...args);
    assertEquals(code, 0, stderr);
    return { stdout, stderr };
  };
  assertStringIncludes((await run("list")).stdout, `${shown}  `);
  const listed = (await run("list", "--json")).stdout.trimEnd().split("\n")
    .map((line) => JSON.parse(line)).find(({ object }) => object === shown);
  assertEquals(listed.problem, null);
  for (
    const from of [["--all"], ["-s", pattern], ["-s", pattern, "-s", "/none?"]]
  ) {
    const { stdout } = await run(...from, "--once");
    assertStringIncludes(stdout, `${shown}: hello\n`);
  }
  const json = await run("-s", pattern, "--once", "--format", "json");
  assertEquals(JSON.parse(json.stdout).object, shown);
  assertStringIncludes((await run("info", "-s", pattern)).stdout, shown);
  assertStringIncludes((await run("dump", "-s", pattern)).stdout, "hello\n");
  using folder = new TempFolder();
  const metrics = folder.at("x.prom");
  await run("-s", pattern, "--once", "--metrics-file", metrics);
  const label = shown.replaceAll("\\", "\\\\");
  assertStringIncludes(
    folder.read("x.prom"),
    `ivring_records_total{object="${label}"} 1\n`,
  );
  await run("record", "-s", pattern, "--once", "-o", folder.at("trace"));
  const traces = [...Deno.readDirSync(folder.at("trace"))];
  assertEquals(traces.map(({ name }) => `/${name}`), [shown]);
});

Deno.test("a name is shown the same wherever it stands", async () => {
  const base = uniqueName();
  using guest = new Guest({}, undefined, `${base}\x1b\u202e\t`);
  using other = new Guest({}, undefined, `${base}\x1b\u202d\t`);
  say(guest.writer, 0, "hello\n");
  setLive(guest.object.buffer, { state: ABI.STATE_PANICKED });
  const shown = `${base}\\x1b\\u{202e}\\x09`;
  using own = new OwnReader();
  const { stdout, stderr } = await own.run("--all", "--once", "-v");
  assertEquals(
    stdout,
    `${shown}: hello\n${shown}: --- the guest panicked ---\n`,
  );
  assertStringIncludes(stderr, `${shown}: the guest panicked\n`);
  const list = await own.run("list");
  assertStringIncludes(list.stdout, `${shown}  `);
  assertStringIncludes((await own.run("info", "--all")).stdout, `${shown}, `);
  assert(!list.stdout.includes(other.name));
});

Deno.test("list: columns stand below each other, whatever the names", async () => {
  using plain = new Guest();
  using wide = new Guest({}, undefined, `${plain.name}-日本語`);
  using emoji = new Guest({}, undefined, `${plain.name}-🙂`);
  using own = new OwnReader();
  const { stdout } = await own.run("list");
  const [head, ...rows] = stdout.trimEnd().split("\n");
  const columnOf = (line: string, word: string) =>
    unicodeWidth(line.slice(0, line.indexOf(word)));
  for (const { name } of [plain, wide, emoji]) {
    const row = rows.find((each) => each.startsWith(`${name} `));
    assert(row !== undefined, stdout);
    assertEquals(columnOf(row, "running"), columnOf(head, "STATE"), stdout);
  }
});
