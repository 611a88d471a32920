// SPDX-License-Identifier: MIT
/**
 * Runs a program beside what is measured, and reads what the kernel counts for
 * it. Nobody looks at its output.
 *
 * @module
 */
import { killIfRunning } from "../support/processes.ts";
import { until } from "../support/temp_folder.ts";
import { ROOT } from "../tools/cc.ts";

/** A process whose output goes to /dev/null. */
export class Beside implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  /** @param command The command, program first. */
  constructor([program, ...args]: readonly string[]) {
    this.#child = new Deno.Command(program, {
      args,
      cwd: ROOT,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /**
   * Waits until the program has mapped an object.
   *
   * @param name Such as "/vm1".
   */
  async attached(name: string): Promise<void> {
    await until(`${name} is mapped`, () => this.#proc("maps").includes(name));
  }

  /** Returns how many bytes the program has written so far, to any file. */
  writtenBytes(): number {
    return Number(/^wchar: (\d+)$/m.exec(this.#proc("io"))?.[1]);
  }

  /** Returns the seconds of CPU that its threads have used so far. */
  cpuSeconds(): number {
    let ns = 0;
    for (const { name } of Deno.readDirSync(`/proc/${this.#child.pid}/task`)) {
      ns += Number(this.#proc(`task/${name}/schedstat`).split(" ")[0]);
    }
    return ns / 1e9;
  }

  /**
   * Returns the MiB of memory that it holds now, without objects in shared
   * memory.
   */
  residentMib(): number {
    const kib = (name: string) =>
      Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)?.[1]);
    const status = this.#proc("status");
    return (kib("RssAnon") + kib("RssFile")) / 1024;
  }

  /** Ends the program as a user would, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    killIfRunning(this.#child, "SIGINT");
    await this.#child.status;
  }

  #proc(file: string): string {
    return Deno.readTextFileSync(`/proc/${this.#child.pid}/${file}`);
  }
}
