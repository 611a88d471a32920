// SPDX-License-Identifier: MIT
/**
 * Compiles the generated programs. What only the kernel knows is found by the
 * compiler: it complains, and the program is written again without.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { freeNames } from "./c_words.ts";
import { type Source, type Subject, writeProgram } from "./c_program.ts";

const LIBRARY = [
  "kernel_print.c",
  "kernel_pointers.c",
  "kernel_helpers.c",
  "oracle_main.c",
];
/**
 * Shifts and divisions that C does not define trap, because processors differ
 * in them. Overflows do not: the kernel is compiled so that they wrap.
 */
const FLAGS = [
  "-std=gnu11",
  "-O0",
  "-fwrapv",
  "-Ulinux",
  "-Uunix",
  "-fsanitize=shift-exponent,integer-divide-by-zero",
  "-fsanitize-undefined-trap-on-error",
  "-Werror=implicit-function-declaration",
  "-fmax-errors=0",
  "-ftrack-macro-expansion=0",
  "-fno-diagnostics-show-caret",
  "-fPIE",
  `-I${ROOT}/tests/oracle`,
];
const ROUNDS_MAX = 8;
const ERROR = /^[^:\n]*:(\d+):(?:\d+:)? (?:fatal )?error: (.*)$/gm;
const UNDECLARED =
  /^(?:['‘](\w+)['’] undeclared|implicit declaration of function ['‘](\w+)['’])/;

import type { Constants } from "./constants.ts";

/** A folder in which programs are compiled. */
export class Compiler {
  readonly #compiler: string;
  readonly #folder: string;
  #library: Promise<string[]> | null = null;

  /**
   * @param compiler gcc, or one that takes the same options.
   * @param folder An empty folder, which the caller removes.
   */
  constructor(compiler: string, folder: string) {
    this.#compiler = compiler;
    this.#folder = folder;
  }

  /**
   * Compiles a program that prints records of these formats, and adds what is
   * found to be unknown to the subjects.
   *
   * @param name One that no other program of this compiler has.
   * @returns The program's path, and those formats that cannot be compiled.
   */
  async compile(
    name: string,
    subjects: readonly Subject[],
    signedChar: boolean,
    constants: Constants,
  ): Promise<{ program: string; refused: Map<Subject, string> }> {
    const refused = new Map<Subject, string>();
    const path = `${this.#folder}/${name}`;
    const flags = [...FLAGS, signedChar ? "-fsigned-char" : "-funsigned-char"];
    let failure: string | null = null;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const source = writeProgram(
        subjects.filter((s) => !refused.has(s)),
        constants,
      );
      Deno.writeTextFileSync(`${path}.c`, source.text);
      failure = await this.#run([
        ...flags,
        "-c",
        "-o",
        `${path}.o`,
        `${path}.c`,
      ]);
      if (failure === null) {
        const objects = await (this.#library ??= this.#compileLibrary());
        const failed = await this.#run(["-o", path, `${path}.o`, ...objects]);
        if (failed !== null) throw new Error(failed);
        return { program: path, refused };
      }
      learn(subjects, source, failure, refused);
    }
    throw new Error(`${name}: not compiled: ${failure}`);
  }

  /** @returns Null if it succeeds, otherwise what the compiler says. */
  async #run(args: string[]): Promise<string | null> {
    const { success, stderr } = await new Deno.Command(this.#compiler, {
      args,
      env: { LC_ALL: "C" },
      stdout: "null",
      stderr: "piped",
    }).output();
    return success ? null : new TextDecoder().decode(stderr);
  }

  async #compileLibrary(): Promise<string[]> {
    const objects: string[] = [];
    for (const file of LIBRARY) {
      const object = `${this.#folder}/${file}.o`;
      const failed = await this.#run([
        ...["-std=gnu11", "-O1", "-fPIE", "-c", "-o", object],
        `${ROOT}/tests/oracle/${file}`,
      ]);
      if (failed !== null) throw new Error(failed);
      objects.push(object);
    }
    return objects;
  }
}

/** @throws {Error} if an error is about no format. */
function learn(
  subjects: readonly Subject[],
  source: Source,
  output: string,
  refused: Map<Subject, string>,
): void {
  const errors = [...output.matchAll(ERROR)].map(([line, number, message]) => {
    const about = source.lines[Number(number) - 1];
    if (!about) throw new Error(line);
    return { ...about, message, name: UNDECLARED.exec(message) };
  });
  if (errors.length === 0) throw new Error(output);
  const named = new Set<Subject>();
  for (const { subject, name } of errors) {
    if (name === null) continue;
    // The compiler complains once in a function about a name, but once in a
    // whole program about a function.
    const users = name[2] === undefined
      ? [subject]
      : subjects.filter(({ format }) =>
        format.args.some((arg) => freeNames(arg).has(name[2]))
      );
    for (const user of users) {
      user.unknowns.names.add(name[1] ?? name[2]);
      named.add(user);
    }
  }
  for (const { subject, arg, message } of errors) {
    // Unknown names cause more errors, which may be gone without them.
    if (named.has(subject)) continue;
    if (arg !== null) subject.unknowns.args.set(arg, message);
    else refused.set(subject, message);
  }
}
