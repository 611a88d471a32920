// SPDX-License-Identifier: MIT
/**
 * Tests errors that are not caused by the command line: a bug, a host that
 * lacks something, an invalid file.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import {
  type Ended,
  readerCommand,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Checks for one plain line, and for exit code 1. */
function assertPlain({ code, stdout, stderr }: Ended, says: RegExp): void {
  assertMatch(stderr, /^ivring_reader: [^\n]+\n$/);
  assertMatch(stderr, says);
  assertEquals([code, stdout], [1, ""], stderr);
}

/** Runs a reader that throws something when it begins to list. */
async function thrown(text: string, env: string[] = []): Promise<Ended> {
  using changed = new ChangedReader({
    "cli/printing/ring_list.ts": [{
      find: "  using signals = new StopSignals(libc);\n",
      replace: `  using signals = new StopSignals(libc);\n${text}\n`,
    }],
  });
  return await runCommand(["env", ...env, ...changed.command(["list"])]);
}

const BUG = /^ivring_reader: this is a bug of ivring_reader: .*report it .*\n$/;

for (
  const [what, text] of [
    ["a bug", "const { x } = undefined as any; void x;"],
    [
      "a bug that nobody waits for",
      "setTimeout(() => { throw new Error('raw'); }, 0); " +
      "await new Promise((done) => setTimeout(done, 5000));",
    ],
    [
      "a promise that nobody waits for",
      "Promise.reject(new Error('raw')); " +
      "await new Promise((done) => setTimeout(done, 5000));",
    ],
  ]
) {
  Deno.test(`${what}: one line says that it is one, and where to report it`, async () => {
    const { code, stdout, stderr } = await thrown(text);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, BUG);
    assert(!/raw|undefined|file:|Uncaught/.test(stderr), stderr);
  });
}

Deno.test("IVRING_DEBUG=1: the error as it was thrown, with its cause", async () => {
  const text = "throw new Error('outer', { cause: new Error('inner') });";
  const { code, stderr } = await thrown(text, ["IVRING_DEBUG=1"]);
  assertEquals(code, 1);
  assertMatch(stderr.split("\n")[0] + "\n", BUG);
  assertMatch(stderr, /ivring_reader: Error: outer\n.*list\.ts:\d+/s);
  assertMatch(stderr, /ivring_reader: Error: inner\n/);
});

Deno.test("no C library: said in one line", async () => {
  using changed = new ChangedReader({
    "ffi/libc.ts": [{
      find: 'return Deno.dlopen("libc.so.6", SYMBOLS);',
      replace: 'return Deno.dlopen("libnone.so.6", SYMBOLS);',
    }],
  });
  assertPlain(
    await runCommand(changed.command(["list"])),
    /: the GNU C library \(libc.so.6\) of version 2.28 or newer is needed/,
  );
});

Deno.test("without Deno's permissions: said in one line", async () => {
  const command = readerCommand(["list"], "main.ts")
    .filter((word) => word !== "--allow-ffi");
  assertPlain(
    await runCommand(command),
    /: it was started without a permission .*: start it with --allow-ffi/,
  );
});

Deno.test("a trace's information that is none: one plain line", async () => {
  using folder = new TempFolder();
  using output = new TempFolder();
  const trace = folder.at("session-0/epoch-0/ivring");
  Deno.mkdirSync(trace, { recursive: true });
  for (
    const [text, says] of [
      ["", "is not valid JSON"],
      ["{", "is not valid JSON"],
      ["null", "lacks fields of a trace"],
      ['{"version":2}', "lacks fields of a trace"],
      ['{"version":9}', "version 9, this reader knows"],
      ['{"version":2,"clock":{"clockId":1,"clockHz":1}}', "session is undef"],
    ]
  ) {
    Deno.writeTextFileSync(`${trace}/trace.json`, text);
    const ended = await runReader(
      ...["convert", "-q", "--to", "trace.dat", "-o", output.at("dat")],
      ...["--trace", folder.path],
    );
    assertEquals([ended.code, ended.stdout], [1, ""]);
    assertMatch(ended.stderr, /trace\.json: [^\n]+: record the trace again\n$/);
    assert(ended.stderr.includes(says), ended.stderr);
    assert(!/JSON (at|input)|destructur|properties/.test(ended.stderr));
  }
});

/**
 * A cache of its own for the runtime, with the packages that are there. If the
 * runtime cannot open the databases in its cache, it removes and remakes them,
 * and other programs that run at the same time report this on standard error.
 */
class RuntimeCache implements Disposable {
  readonly #folder = new TempFolder();

  constructor() {
    const { stdout } = new Deno.Command(Deno.execPath(), {
      args: ["info", "--json"],
    }).outputSync();
    const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
    Deno.symlinkSync(`${denoDir}/npm`, this.#folder.at("npm"));
  }

  /** Runs a command that cannot open more than this many files. */
  withFiles(most: number, command: readonly string[]): Promise<Ended> {
    const script = `ulimit -n ${most}; exec "$@"`;
    return runCommand(["bash", "-c", script, "bash", ...command], {
      DENO_DIR: this.#folder.path,
    });
  }

  /**
   * Returns the least number of files with which the runtime itself reports
   * nothing.
   */
  async leastFiles(): Promise<number> {
    for (let most = 8; most < 100; most++) {
      const ended = await this.withFiles(most, readerCommand(["--version"]));
      if (ended.code === 0 && ended.stderr === "") return most;
    }
    throw new Error("it does not start with 100 files");
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

Deno.test("too few open files: one plain line, or it works; no panic", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  using unguarded = new ChangedReader({
    "cli/signals.ts": [{
      find: "checkSpareFiles(libc, FILES);",
      replace: "",
    }],
  });
  using runtime = new RuntimeCache();
  const isCompiled = Boolean(Deno.env.get("IVRING_READER"));
  const least = await runtime.leastFiles();
  const args = ["dump", "-s", guest.name, "-q"];
  let refused = 0;
  let panicked = 0;
  for (let more = 0; more < 8; more++) {
    const ended = await runtime.withFiles(least + more, readerCommand(args));
    if (ended.code === 0) assertEquals(ended.stdout, "hello\n");
    else {
      refused++;
      assertPlain(ended, /too many open files: let this process open more/);
    }
    if (isCompiled || panicked > 0) continue;
    const control = await runtime.withFiles(
      least + more,
      unguarded.command(args),
    );
    if (control.stderr.includes("panicked")) panicked++;
  }
  assert(refused > 0);
  if (!isCompiled) assert(panicked > 0, "the control panics");
});
