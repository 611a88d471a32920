// SPDX-License-Identifier: MIT
/**
 * Compiles and runs the C sources of `guest/` and `tests/guest/` for tests. If
 * no C compiler is installed (or no runtime of the requested sanitizer), the
 * tests are ignored, and their names say so. With `IVRING_REQUIRE_CC=1` they
 * fail instead, so that CI cannot skip them unnoticed.
 *
 * @module
 */
import { missingReason, skippedName } from "./skipping.ts";

/** Absolute path of the repository, without a slash at its end. */
export const ROOT: string = decodeURIComponent(
  new URL("../..", import.meta.url).pathname,
).replace(/\/$/, "");

/** Flags of every test program; each warning is an error. */
const WARNINGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];

/** What one run of a program printed, and how it ended. */
export interface RunResult {
  /** Exit code; 128 + signal if a signal ended it. */
  code: number;
  /** Name of the signal that ended it, or null. */
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** What a C test needs besides a compiler. */
export interface CcNeeds {
  /** Sanitizers, as in `-fsanitize=`, whose runtime must be installed. */
  sanitize?: string;
  /** Whether it has to be gcc, because its messages are read. */
  gcc?: boolean;
  /**
   * The architecture, as in `Deno.build.arch`; the test is ignored on others.
   */
  arch?: string;
}

/** Compiles programs into a temporary directory of its own. */
export class Workbench implements Disposable {
  /** The temporary directory. */
  readonly dir: string = Deno.makeTempDirSync({ prefix: "ivring-cc-" });
  /** The command that compiles C. */
  readonly compiler: string;

  /** @param compiler The command that compiles C. */
  constructor(compiler: string) {
    this.compiler = compiler;
  }

  /**
   * Compiles a program.
   *
   * @param name Name of the executable.
   * @param sources C files; relative paths start at the repository.
   * @param flags Further compiler flags.
   * @returns Path of the executable.
   * @throws {Error} with the compiler's output if it fails.
   */
  compile(name: string, sources: string[], flags: string[] = []): string {
    const out = `${this.dir}/${name}`;
    const args = [...WARNINGS, "-I", `${ROOT}/guest`, ...flags, "-o", out];
    const files = sources.map((s) => s.startsWith("/") ? s : `${ROOT}/${s}`);
    const done = run(this.compiler, [...args, ...files, "-pthread"]);
    if (done.code !== 0) throw new Error(`${name}: ${done.stderr}`);
    return out;
  }

  /**
   * Preprocesses a file, and lists the macros that are then defined, one per
   * line.
   */
  macros(file: string): string {
    const done = run(this.compiler, ["-dM", "-E", `${ROOT}/${file}`]);
    if (done.code !== 0) throw new Error(done.stderr);
    return done.stdout;
  }

  /** Removes the temporary directory. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}

/**
 * Runs a program to its end.
 *
 * @param command The program.
 * @param args Its arguments.
 * @param env Variables that are added to this process's environment.
 */
export function run(
  command: string,
  args: string[] = [],
  env: Record<string, string> = {},
): RunResult {
  const out = new Deno.Command(command, { args, env, stdin: "null" })
    .outputSync();
  const text = new TextDecoder();
  return {
    code: out.code,
    signal: out.signal,
    stdout: text.decode(out.stdout),
    stderr: text.decode(out.stderr),
  };
}

/**
 * Runs a program that must end with 0, and returns its output.
 *
 * @throws {Error} with the output if it fails.
 */
export function runOk(
  command: string,
  args: string[] = [],
  env: Record<string, string> = {},
): string {
  const done = run(command, args, env);
  if (done.code !== 0 || /runtime error|Sanitizer/.test(done.stderr)) {
    throw new Error(
      `${command} ${args.join(" ")}: ended with ${done.signal ?? done.code}\n` +
        done.stdout + done.stderr,
    );
  }
  return done.stdout;
}

/** Returns the numbers that a test program printed as `name value` lines. */
export function figures(stdout: string): Record<string, number> {
  const lines = stdout.matchAll(/^([a-z_0-9]+) (-?\d+)$/gm);
  return Object.fromEntries([...lines].map((m) => [m[1], Number(m[2])]));
}

/**
 * Registers a test that needs a C compiler.
 *
 * @param name Name of the test.
 * @param needs What it needs besides the compiler.
 * @param body The test; the workbench is disposed of afterwards.
 */
export function ccTest(
  name: string,
  needs: CcNeeds,
  body: (bench: Workbench) => void | Promise<void>,
): void {
  const found = probe(needs);
  const required = Deno.env.get("IVRING_REQUIRE_CC") === "1";
  const wrongArch = needs.arch !== undefined && needs.arch !== Deno.build.arch;
  const ignore = found.missing !== "" && (wrongArch || !required);
  Deno.test({
    name: skippedName(name, ignore ? found.missing : ""),
    ignore,
    async fn() {
      if (found.missing) throw new Error(found.missing);
      using bench = new Workbench(found.compiler);
      await body(bench);
    },
  });
}

const probed = new Map<string, { compiler: string; missing: string }>();

/** Looks for a compiler that meets these needs, once for each set of needs. */
function probe(needs: CcNeeds): { compiler: string; missing: string } {
  if (needs.arch !== undefined && needs.arch !== Deno.build.arch) {
    return { compiler: "", missing: `for ${needs.arch} only` };
  }
  const sanitize = needs.sanitize ?? "";
  const key = `${needs.gcc} ${sanitize}`;
  let found = probed.get(key);
  if (!found) {
    const compilers = needs.gcc ? ["gcc"] : ["gcc", "clang", "cc"];
    const compiler = compilers.find((c) => compiles(c, sanitize));
    const plain = needs.gcc ? "gcc" : "a C compiler";
    const what = sanitize ? `${plain} with sanitizers` : plain;
    found = compiler
      ? { compiler, missing: "" }
      : { compiler: "", missing: missingReason([what]) };
    probed.set(key, found);
  }
  return found;
}

/** Tells whether a compiler makes a program that runs here. */
function compiles(compiler: string, sanitize: string): boolean {
  const dir = Deno.makeTempDirSync({ prefix: "ivring-probe-" });
  try {
    Deno.writeTextFileSync(`${dir}/a.c`, "int main(void) { return 0; }\n");
    const flags = sanitize ? [`-fsanitize=${sanitize}`] : [];
    const made = run(compiler, [...flags, "-o", `${dir}/a`, `${dir}/a.c`]);
    return made.code === 0 && run(`${dir}/a`).code === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}
