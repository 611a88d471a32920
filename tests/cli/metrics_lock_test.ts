// SPDX-License-Identifier: MIT
/**
 * Tests `--metrics-file`: one reader writes the file, and nothing else is
 * replaced.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import type { Change } from "../support/changes.ts";
import { Guest } from "../support/guest.ts";
import {
  Program,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const OFTEN: Readonly<Record<string, Change[]>> = {
  "cli/files/metrics_file.ts": [{
    find: "const WRITE_MS = 5000;",
    replace: "const WRITE_MS = 50;",
  }],
};

Deno.test("two readers: metrics have one, the second learns which", async () => {
  using folder = new TempFolder();
  using a = new Guest();
  using b = new Guest();
  const metrics = ["--metrics-file", folder.at("x.prom")];
  await using first = new ReaderProgram("-s", a.name, ...metrics);
  await until("it is there", () => folder.read("x.prom").includes(a.name));
  const { code, stdout, stderr } = await runReader(
    ...["-s", b.name, "--once", ...metrics],
  );
  assertEquals([code, stdout], [1, ""]);
  const who = `x.prom: process ${first.pid} (`;
  const todo = "writes its metrics there already: give another --metrics-file";
  assertEquals([stderr.includes(who), stderr.includes(todo)], [true, true]);
  assertEquals(folder.read("x.prom").includes(b.name), false);
  first.kill("SIGKILL");
  await first.ended();
  assertEquals((await runReader("-s", b.name, "--once", ...metrics)).code, 0);
  assertEquals(folder.read("x.prom").includes(b.name), true);
  assertEquals(folder.names(), ["x.prom"]);
});

Deno.test("two readers: of two that make the metrics at once, one ends", async () => {
  using folder = new TempFolder();
  using a = new Guest();
  using b = new Guest();
  const metrics = ["--metrics-file", folder.at("x.prom")];
  using often = new ChangedReader(OFTEN);
  await using first = new Program(often.command(["-s", a.name, ...metrics]));
  await until("it is there", () => folder.read("x.prom").includes(a.name));
  // It acts as if it had looked before the first reader made its file.
  using blind = new ChangedReader({
    "cli/files/locked_file.ts": [{
      find: "    while (this.#fd < 0) {\n",
      replace: "    while (false) {\n",
    }],
  });
  await using second = new Program(blind.command(["-s", b.name, ...metrics]));
  const ends = async (loser: Program, winner: Program) => {
    const told = await loser.stderr.until("writes its metrics there already");
    assertEquals(told.includes(`process ${winner.pid} (`), true, told);
    assertEquals(await loser.ended(), 1);
  };
  // It is the second that ends if it comes upon the file with which the first is
  // about to replace its own.
  await Promise.any([ends(first, second), ends(second, first)]);
});

Deno.test("control: without the lock two readers write the same metrics", async () => {
  using folder = new TempFolder();
  using a = new Guest();
  using b = new Guest();
  using changed = new ChangedReader({
    "cli/files/locked_file.ts": [{
      find: "else if (holder !== 0) throw this.#taken(holder);",
      replace: "else if (holder < 0) throw this.#taken(holder);",
    }],
  });
  const metrics = ["--metrics-file", folder.at("x.prom")];
  await using first = new ReaderProgram("-s", a.name, ...metrics);
  await until("it is there", () => folder.read("x.prom").includes(a.name));
  const args = ["-s", b.name, "--once", ...metrics];
  assertEquals((await runCommand(changed.command(args))).code, 0);
  assertEquals(folder.read("x.prom").includes(a.name), false);
  first.kill("SIGKILL");
  await first.ended();
});

const FOREIGN: readonly (readonly [string, string])[] = [
  ["a list of users", "root:x:0:0:root:/root:/bin/bash\n"],
  ["one byte", "\n"],
  ["another program's metrics", "# HELP node_up Up.\nnode_up 1\n"],
  ["the beginning of ours", "# HELP ivr"],
];

for (const [what, text] of FOREIGN) {
  Deno.test(`--metrics-file: ${what} stays: one line, exit 1`, async () => {
    using folder = new TempFolder();
    using guest = new Guest();
    Deno.writeTextFileSync(folder.at("x"), text);
    const { code, stdout, stderr } = await runReader(
      ...["-s", guest.name, "--once", "-q", "--metrics-file", folder.at("x")],
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^ivring_reader: \S+\/x: holds something else than metrics of ivring_reader: give --metrics-file another name, or remove that file\n$/,
    );
    assertEquals([folder.names(), folder.read("x")], [["x"], text]);
  });
}

Deno.test("control: without a look at its content any file is replaced", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  using changed = new ChangedReader({
    "cli/files/locked_file.ts": [{
      find: 'if (reason === "") return;',
      replace: "if (reason !== null) return;",
    }],
  });
  Deno.writeTextFileSync(folder.at("x"), FOREIGN[0][1]);
  const args = ["-s", guest.name, "--once", "--metrics-file", folder.at("x")];
  assertEquals((await runCommand(changed.command(args))).code, 0);
  assertEquals(folder.read("x").includes("root:x:0"), false);
});

Deno.test("--metrics-file: an empty file and metrics of ours are replaced", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  const args = ["-s", guest.name, "--once", "-q", "--metrics-file"];
  Deno.writeTextFileSync(folder.at("x"), "");
  for (let turn = 0; turn < 2; turn++) {
    const ended = await runReader(...args, folder.at("x"));
    assertEquals(ended, { code: 0, stdout: "", stderr: "" });
    assertEquals(folder.read("x").includes(guest.name), true);
  }
});

Deno.test("--metrics-file: a link stays, and so does what it leads to", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  Deno.writeTextFileSync(folder.at("target"), "precious\n");
  Deno.symlinkSync(folder.at("target"), folder.at("x"));
  const args = ["-s", guest.name, "--once", "--metrics-file", folder.at("x")];
  const { code, stderr } = await runReader(...args);
  assertEquals(code, 1);
  assertMatch(stderr, /\/x: is a symbolic link: give --metrics-file the name/);
  assertEquals(Deno.lstatSync(folder.at("x")).isSymlink, true);
  assertEquals(folder.read("target"), "precious\n");
});

Deno.test("--metrics-file: what is put there meanwhile stays, and reading goes on", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  using often = new ChangedReader(OFTEN);
  const metrics = ["--metrics-file", folder.at("x")];
  await using reader = new Program(
    often.command(["-s", guest.name, ...metrics]),
  );
  await until("it is there", () => folder.read("x").includes(guest.name));
  Deno.writeTextFileSync(folder.at("other"), "precious\n");
  Deno.renameSync(folder.at("other"), folder.at("x"));
  await reader.stderr.until("x: holds something else than metrics");
  assertEquals(folder.read("x"), "precious\n");
  // Once it is gone, everything works again.
  Deno.removeSync(folder.at("x"));
  await until("it is there", () => folder.read("x").includes(guest.name));
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});
