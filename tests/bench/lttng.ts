// SPDX-License-Identifier: MIT
/**
 * Runs a flight recorder of LTTng-UST in a daemon of our own. If this is root,
 * the daemon has another user, because root has one daemon for the whole
 * machine.
 *
 * @module
 */
import { run } from "../tools/cc.ts";
import { until } from "../support/temp_folder.ts";

/** The packages, by Debian's names. */
export const LTTNG_PACKAGES: readonly string[] = [
  "lttng-tools",
  "liblttng-ust-dev",
];

/** The user "nobody", who owns nothing. */
const NOBODY = "65534";
const SUBBUFFER = "256k";
const SUBBUFFERS = 8;

/** A command and its arguments. */
export type CommandLine = readonly string[];

/**
 * Tells whether the tools are there; whether the library is, compiling shows.
 */
export function lttngTools(): boolean {
  try {
    return run("lttng-sessiond", ["--version"]).code === 0 &&
      (Deno.uid() !== 0 || run("setpriv", ["--version"]).code === 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * A daemon with one session that records everything, as long as this object
 * lives.
 */
export class LttngSession implements AsyncDisposable {
  readonly #home: string;
  readonly #daemon: Deno.ChildProcess;
  readonly #env: Record<string, string>;

  private constructor(clockPlugin: string) {
    this.#home = Deno.makeTempDirSync({ prefix: "ivring-lttng-" });
    Deno.chmodSync(this.#home, 0o777);
    this.#env = { HOME: this.#home, LTTNG_HOME: this.#home };
    if (clockPlugin !== "") this.#env.LTTNG_UST_CLOCK_PLUGIN = clockPlugin;
    const [program, ...args] = this.#asUser(["lttng-sessiond", "--no-kernel"]);
    this.#daemon = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
      env: this.#env,
    }).spawn();
  }

  /**
   * Starts the session. Each CPU's ring has 2 MiB, and overwrites its oldest
   * records.
   *
   * @param clockPlugin The clock's library; "" for the default clock.
   * @throws {Error} if a step fails; nothing is left running then.
   */
  static async start(clockPlugin: string): Promise<LttngSession> {
    const session = new LttngSession(clockPlugin);
    try {
      await until(
        "lttng-sessiond answers",
        () => session.#tool(["list"]).code === 0,
      );
      session.#tell(["create", "bench", "--snapshot"]);
      session.#tell([
        "enable-channel",
        "--userspace",
        "--overwrite",
        `--subbuf-size=${SUBBUFFER}`,
        `--num-subbuf=${SUBBUFFERS}`,
        "bench",
      ]);
      session.#tell([
        "enable-event",
        "--userspace",
        "--channel=bench",
        "ivring_bench:*",
      ]);
      session.#tell(["start"]);
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns how to start a program so that this session traces it. */
  traced(command: CommandLine): {
    command: CommandLine;
    env: Record<string, string>;
  } {
    // The program waits at its start until it knows the session.
    const env = { ...this.#env, LTTNG_UST_REGISTER_TIMEOUT: "-1" };
    return { command: this.#asUser(command), env };
  }

  #asUser(command: CommandLine): CommandLine {
    if (Deno.uid() !== 0) return command;
    return [
      "setpriv",
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      "--clear-groups",
      ...command,
    ];
  }

  #tool(args: readonly string[]): { code: number; stderr: string } {
    const [program, ...rest] = this.#asUser(["lttng", ...args]);
    return run(program, rest, this.#env);
  }

  #tell(args: readonly string[]): void {
    const { code, stderr } = this.#tool(args);
    if (code !== 0) throw new Error(`lttng ${args[0]}: ${stderr.trim()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tool(["destroy", "bench"]);
    try {
      this.#daemon.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.#daemon.status;
    Deno.removeSync(this.#home, { recursive: true });
  }
}
