// SPDX-License-Identifier: MIT
/**
 * Runs a guest: a real kernel in QEMU, with regions of shared memory.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { killIfRunning } from "../support/processes.ts";
import { AGAIN, DONE, packInitramfs, READY } from "./initramfs.ts";
import { findKernel } from "./kernel.ts";
import { LineReader } from "./line_reader.ts";
import { askMonitor, MIGRATION_PARAMETERS, monitorListens } from "./monitor.ts";
import {
  consoleFile,
  kernelArguments,
  type MachineOptions,
  monitorSocket,
  qemuArguments,
  type RegionOptions,
  snapshotDisk,
} from "./qemu.ts";
import { bootableKernel } from "./vmlinux.ts";

/** A command that has run in the guest. */
export interface Answer {
  /** Its exit status. */
  readonly status: number;
  /** Its standard output and error. */
  readonly output: string;
}

/**
 * How often a boot is tried if it fails before anything of ours has run. Under
 * emulation with a thread for each CPU, a kernel dies in its own early code
 * once in some hundred boots ("int3", two seconds after the start). The reason
 * is that it patches itself, and QEMU executes on another CPU what is no longer
 * there.
 */
const BOOTS = 6;
/** What the kernel logs once a module of ours is being loaded. */
const OURS = /\bivring\w*[: ]/;

/** A machine that is stuck is ended after this time, whatever happens here. */
const LIFETIME_SECONDS = 900;
/** How long a boot may take; some hang, and are tried again. */
const BOOT_MS = 120_000;
/**
 * How long a command may take. To pack the names of functions took an emulated
 * guest a minute on a machine with five other tasks for each processor.
 */
const ANSWER_MS = 300_000;
/** How often a command is sent that does not reach the guest whole. */
const SENDS = 5;

function namesOf(regions: readonly RegionOptions[]): string[] {
  const stem = `ivring-vm-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;
  return regions.map(({ name }, i) => name ?? `${stem}-${i}`);
}

async function makeDisk(path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("qemu-img", {
    args: ["create", "-q", "-f", "qcow2", path, "1G"],
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const OOPS =
  /BUG:|WARNING:|Oops|general protection|Call Trace|rcu_\w+ detected|hung/;

/** The beginning of a region in which all its rings' positions are. */
const POSITIONS_BYTES = 1 << 20;

/**
 * Copies a region that may be written meanwhile: first how far each ring has come, word
 * by word, then what the rings hold. A bulk copy may begin at the end, and would then
 * lack what is committed while it is made.
 */
function copyInOrder(buffer: ArrayBuffer): ArrayBuffer {
  const from = new Uint32Array(buffer);
  const to = new Uint32Array(from.length);
  const first = Math.min(POSITIONS_BYTES / 4, from.length);
  for (let i = 0; i < first; i++) to[i] = from[i];
  to.set(from.subarray(first), first);
  return to.buffer;
}

/** A running guest. Acquire with `await using`. */
export class Machine implements AsyncDisposable {
  /** The regions' names for shm_open, but without the slash. */
  readonly regionNames: readonly string[];
  readonly #options: MachineOptions;
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #toGuest: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #fromGuest: LineReader;
  readonly #errors: Promise<void>;
  #errorText = "";

  private constructor(
    options: MachineOptions,
    folder: string,
    regionNames: readonly string[],
    child: Deno.ChildProcess,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.regionNames = regionNames;
    this.#child = child;
    this.#toGuest = child.stdin.getWriter();
    this.#fromGuest = new LineReader(child.stdout);
    this.#errors = this.#collectErrors();
  }

  /**
   * Boots, and waits until the guest takes commands. If the kernel dies before
   * anything of ours has run, this is reported, and it is booted again.
   *
   * @throws {Error} with the console's text if the guest does not get that far.
   */
  static async start(options: MachineOptions): Promise<Machine> {
    const names = namesOf(options.regions);
    for (let boot = 1;; boot++) {
      const machine = await Machine.#launch(options, names);
      try {
        await machine.#fromGuest.until(READY, BOOT_MS);
        return machine;
      } catch (cause) {
        const problem = await machine.#problem("the guest did not boot", cause);
        const ours = OURS.test(await machine.console().catch(() => ""));
        await machine.#end();
        if (ours || boot === BOOTS) {
          machine.#removeRegions();
          throw problem;
        }
        // The regions stay, because a reader may already have opened them.
        console.warn(`boot ${boot} of ${BOOTS}: ${problem.message}`);
      }
    }
  }

  static async #launch(
    options: MachineOptions,
    regionNames: readonly string[],
    further: readonly string[] = [],
  ): Promise<Machine> {
    const kernel = findKernel();
    if (kernel === null) throw new Error("no kernel to boot");
    const { architecture } = kernel;
    const image = await bootableKernel(kernel);
    const folder = await Deno.makeTempDir({ prefix: "ivring-vm-" });
    const archive = await packInitramfs(kernel, folder, options.files);
    if (options.snapshots) await makeDisk(snapshotDisk(folder));
    const command = new Deno.Command("timeout", {
      args: [
        "--kill-after=5",
        `${options.lifetimeSeconds ?? LIFETIME_SECONDS}`,
        architecture.qemu,
        ...qemuArguments(architecture, options, regionNames, folder),
        ...["-kernel", image, "-initrd", archive],
        ...["-append", kernelArguments(architecture, options)],
        ...["-pidfile", `${folder}/pid`],
        ...further,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    return new Machine(options, folder, regionNames, command.spawn());
  }

  /**
   * Runs a shell command in the guest; one at a time.
   *
   * @param command One line.
   * @throws {Error} with the console's text if the guest dies or takes longer
   * than five minutes.
   */
  async tryRun(command: string): Promise<Answer> {
    try {
      for (let i = 0; i < SENDS; i++) {
        await this.send(command);
        const { before, line } = await this.#fromGuest.until(DONE, ANSWER_MS);
        const status = line.slice(DONE.length);
        if (status !== AGAIN) return { status: Number(status), output: before };
        console.warn(`sent ${i + 1} of ${SENDS} times: ${command}`);
      }
      throw new Error("it never came whole");
    } catch (cause) {
      throw await this.#problem(`no answer to: ${command}`, cause);
    }
  }

  /** Starts a command after which the guest gives no answer. */
  async send(command: string): Promise<void> {
    const line = command.trim(); // the guest's shell reads it trimmed as well
    const encoder = new TextEncoder();
    const length = encoder.encode(line).length;
    await this.#toGuest.write(encoder.encode(`${length} ${line}\n`));
  }

  /** Waits until the guest takes commands again, after a reset. */
  async bootedAgain(): Promise<void> {
    try {
      await this.#fromGuest.until(READY, BOOT_MS);
    } catch (cause) {
      throw await this.#problem("the guest did not boot again", cause);
    }
  }

  /**
   * Kills QEMU, which then has no time to print or do anything, as in a crash.
   */
  async crash(): Promise<void> {
    const pid = Number(await Deno.readTextFile(`${this.#folder}/pid`));
    Deno.kill(pid, "SIGKILL");
    await this.#child.status;
  }

  /** Waits until the guest has ended by itself. */
  async ended(): Promise<void> {
    try {
      await this.#fromGuest.rest(ANSWER_MS);
    } catch (cause) {
      throw await this.#problem("the guest does not end", cause);
    }
  }

  /** Waits until the kernel has printed a line with `text` on its console. */
  async consoleSays(text: string): Promise<void> {
    const deadline = Date.now() + ANSWER_MS;
    for (;;) {
      const at = (await this.console()).indexOf(text);
      const end = at < 0 ? -1 : (await this.console()).indexOf("\n", at);
      if (end >= 0) return;
      if (Date.now() > deadline) throw await this.#problem(`no "${text}"`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Returns what the kernel has printed on its serial console. */
  async console(): Promise<string> {
    const text = await Deno.readTextFile(consoleFile(this.#folder));
    return text.replaceAll("\r", "");
  }

  /** Runs a command that has to succeed, and returns its output. */
  async run(command: string): Promise<string> {
    const { status, output } = await this.tryRun(command);
    if (status !== 0) {
      throw await this.#problem(`${command}: status ${status}\n${output}`);
    }
    return output;
  }

  /**
   * Gives QEMU's monitor a command, such as "savevm NAME" or "loadvm NAME".
   * Only with `monitor`, `snapshots` or `migrates`.
   *
   * @throws {Error} with what QEMU answers, if that is an error.
   */
  async monitor(command: string): Promise<void> {
    await askMonitor(monitorSocket(this.#folder), command);
  }

  /**
   * Moves the guest, while it runs, to another QEMU. Only with `migrates`. This
   * machine is stopped from then on until it is disposed of, and its regions
   * stay as they were last.
   *
   * @param regions The other machine's regions: as many and as large as here.
   * @returns The other machine, once the guest runs there, and QEMU's report
   *   about the migration.
   */
  async migrate(
    regions: readonly RegionOptions[],
  ): Promise<{ there: Machine; account: string }> {
    const address = `unix:${this.#folder}/migration`;
    const options = { ...this.#options, regions };
    const there = await Machine.#launch(options, namesOf(regions), [
      "-incoming",
      address,
    ]);
    try {
      await monitorListens(monitorSocket(there.#folder));
      for (const each of MIGRATION_PARAMETERS) {
        await this.monitor(`migrate_set_parameter ${each}`);
      }
      await this.monitor(`migrate -d ${address}`);
      return { there, account: await this.#migrated() };
    } catch (cause) {
      const left = await this.#problem("the guest did not leave", cause);
      const problem = await there.#problem("the guest did not arrive", left);
      await there[Symbol.asyncDispose]();
      throw problem;
    }
  }

  async #migrated(): Promise<string> {
    const deadline = Date.now() + ANSWER_MS;
    for (;;) {
      const path = monitorSocket(this.#folder);
      const answer = await askMonitor(path, "info migrate");
      const status = /Migration status: (\S+)/.exec(answer)?.[1];
      if (status === "completed") return answer;
      if (status === "failed" || Date.now() > deadline) throw new Error(answer);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Returns the kernel log so far, with every level. */
  kernelLog(): Promise<string> {
    return this.run("dmesg");
  }

  /** Returns what the driver has logged, or the kernel about the driver. */
  driverLog(): Promise<string> {
    return this.run("dmesg | grep 'ivring'");
  }

  /** Returns the lines of the kernel log that report a fault in the kernel. */
  async faults(): Promise<string[]> {
    const log = await this.kernelLog();
    return log.split("\n").filter((line) => OOPS.test(line));
  }

  /** Returns a copy of a region as it is now. */
  regionCopy(index = 0): ArrayBuffer {
    return this.look(copyInOrder, index);
  }

  /**
   * Looks at a region, which may change meanwhile.
   *
   * @param see Must not keep any of the buffer.
   */
  look<T>(see: (buffer: ArrayBuffer) => T, index = 0): T {
    // It is mapped, because Deno reads files under /dev only with all
    // permissions.
    using libc = new Libc();
    using memory = SharedMemory.open(libc, this.regionNames[index]);
    return see(memory.buffer);
  }

  async #collectErrors(): Promise<void> {
    for await (const chunk of this.#child.stderr) {
      this.#errorText += new TextDecoder().decode(chunk);
    }
  }

  async #problem(what: string, cause?: unknown): Promise<Error> {
    const console = await Deno.readTextFile(consoleFile(this.#folder))
      .catch(() => "(no console)");
    const tail = console.split("\n").slice(-60).join("\n");
    const text = `${what}\n--- QEMU ---\n${this.#errorText}` +
      `--- console ---\n${tail}`;
    return new Error(text, { cause });
  }

  /** Ends the guest and removes what belongs to it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    this.#removeRegions();
  }

  async #end(): Promise<void> {
    killIfRunning(this.#child, "SIGTERM");
    await this.#child.status;
    await this.#fromGuest.close();
    await this.#toGuest.abort().catch(() => {});
    await this.#errors;
    await Deno.remove(this.#folder, { recursive: true });
  }

  #removeRegions(): void {
    using libc = new Libc();
    for (const name of this.regionNames) SharedMemory.unlink(libc, name);
  }
}
