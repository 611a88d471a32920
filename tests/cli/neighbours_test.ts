// SPDX-License-Identifier: MIT
// What is written goes to a new file first, which is never one that was there.
import { assert, assertEquals } from "@std/assert";
import { replacementPath } from "../../ffi/temporary.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import {
  readerCommand,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";

const PRECIOUS = "precious\n";

/** Makes files whose names begin like that of the file that is written. */
function makeNeighbours(folder: TempFolder, path: string): string[] {
  const victim = `${path}.victim`;
  const [file, link] = [`${path}.tmp`, `${path}~`];
  for (const each of [victim, file]) Deno.writeTextFileSync(each, PRECIOUS);
  Deno.symlinkSync(victim, link);
  return folder.names();
}

function checkNeighbours(path: string): void {
  for (const each of [`${path}.victim`, `${path}.tmp`, `${path}~`]) {
    assertEquals(Deno.readTextFileSync(each), PRECIOUS, each);
  }
}

Deno.test("files beside a cursor, metrics or a trace stay whole", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  for (
    const args of [
      ["-s", guest.name, "--once", "--cursor-file"],
      ["-s", guest.name, "--once", "--metrics-file"],
      ["convert", "-s", guest.name, "--to", "trace.dat", "-o"],
    ]
  ) {
    using folder = new TempFolder();
    const path = folder.at("it");
    const names = makeNeighbours(folder, path);
    for (let turn = 0; turn < 2; turn++) {
      const { code, stderr } = await runReader(...args, path);
      assertEquals(code, 0, stderr);
      checkNeighbours(path);
      assertEquals(folder.names(), ["it", ...names].sort());
    }
  }
});

Deno.test("control: a name that can be guessed is another one's", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  using folder = new TempFolder();
  const path = folder.at("it");
  makeNeighbours(folder, path);
  using guessed = new ChangedReader({
    "cli/traces/trace_dat_file.ts": [{
      find: "const temporary = temporaryPath(path);",
      replace: "const temporary = path + '.tmp';",
    }, {
      find: "O_WRONLY | O_CREAT | O_EXCL |",
      replace: "O_WRONLY | O_CREAT |",
    }],
  });
  const convert = ["convert", "-s", guest.name, "--to", "trace.dat", "-o"];
  await runCommand(guessed.command([...convert, path]));
  assert(!(await exists(`${path}.tmp`)));
});

/** A change that ends the reader while it saves. */
const KILLED = {
  find: "    const renamed =",
  replace: "    Deno.exit(9);\n    const renamed =",
};

for (const flag of ["--cursor-file", "--metrics-file"]) {
  Deno.test(`${flag}: killed while it is saved, one file is left at most`, async () => {
    using guest = new Guest();
    using folder = new TempFolder();
    const args = ["-s", guest.name, "--once", "-q", flag, folder.at("it")];
    using killed = new ChangedReader({ "ffi/replace_file.ts": [KILLED] });
    for (let turn = 0; turn < 3; turn++) {
      assertEquals((await runCommand(killed.command(args))).code, 9);
      const [name, ...more] = folder.names();
      assertEquals(more, []);
      assert(/^\.ivring-\w{16}\.tmp$/.test(name), name);
    }
    assertEquals((await runReader(...args)).code, 0);
    assertEquals(folder.names(), ["it"]);
  });

  Deno.test(`${flag}: a file that is not ours stays, and is named`, async () => {
    using guest = new Guest();
    using folder = new TempFolder();
    const path = folder.at("it");
    const temporary = replacementPath(path);
    Deno.writeTextFileSync(temporary, PRECIOUS);
    const args = ["-s", guest.name, "--once", "-q", flag, path];
    const { code, stderr } = await runReader(...args);
    assertEquals(code, 1);
    const told =
      `${temporary}: is a file: give ${flag} another path, or remove`;
    assert(stderr.includes(told), stderr);
    assertEquals(Deno.readTextFileSync(temporary), PRECIOUS);
    assertEquals(folder.names().length, 1);
  });
}

Deno.test("control: without a look at its content another's file is removed", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const path = folder.at("it");
  Deno.writeTextFileSync(replacementPath(path), PRECIOUS);
  using changed = new ChangedReader({
    "ffi/replace_file.ts": [{
      find: "if (!begins.startsWith(text)) throw foreign;",
      replace: "if (!begins.startsWith(text)) complainOf(foreign);",
    }, {
      find: "function hasName(",
      replace:
        "function complainOf(_error: Error): void {}\n\nfunction hasName(",
    }],
  });
  const args = ["-s", guest.name, "--once", "-q", "--cursor-file", path];
  assertEquals((await runCommand(changed.command(args))).code, 0);
  assertEquals(folder.names(), ["it"]);
});

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("variables of the environment may be any bytes", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const run = (name: string) => {
    const script = `export ${name}="$(printf '\\377')"; exec "$@"`;
    const args = readerCommand(["dump", "-q", "-s", guest.name]);
    return runCommand(["sh", "-c", script, "sh", ...args]);
  };
  for (const name of ["TERM", "NO_COLOR", "IVRING_DEBUG"]) {
    assertEquals(await run(name), { code: 0, stdout: "hello\n", stderr: "" });
  }
  const { code, stderr } = await run("IVRING_CONFIG");
  assertEquals(code, 2);
  assertEquals(
    stderr,
    "ivring_reader: IVRING_CONFIG: there is no file \ufffd\n",
  );
});
