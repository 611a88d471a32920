// SPDX-License-Identifier: MIT
/**
 * The guest of the 2012 table: one CPU, and the devices, modules and programs
 * that every transport needs.
 *
 * @module
 */
import { type Built, builtOnce } from "../vm/build.ts";
import {
  findKernel,
  findTool,
  INSTALL_COMMAND,
  type Kernel,
  whatIsMissing,
} from "../vm/kernel.ts";
import { nameOf } from "../vm/shared_libraries.ts";
import { NotHereError } from "./part.ts";

/** A kernel to boot and what was built for it. */
export interface GuestKernel {
  /** The kernel that guests boot. */
  readonly kernel: Kernel;
  /** The driver and other things that were built. */
  readonly built: Built;
}

/**
 * Finds a kernel, and builds for it.
 *
 * @throws {NotHereError} if there is none.
 */
export async function guestKernel(): Promise<GuestKernel> {
  const missing = whatIsMissing();
  const kernel = findKernel();
  if (missing !== null || kernel === null) {
    throw new NotHereError(
      `no virtual machine: ${missing}; ${INSTALL_COMMAND}`,
    );
  }
  return { kernel, built: await builtOnce(kernel) };
}

/** Modules of the kernel, each with what it needs, in the order of loading. */
export class Modules {
  readonly #release: string;
  readonly #paths: string[] = [];

  /** @param kernel The kernel whose modules are under /lib/modules. */
  constructor(kernel: Kernel) {
    this.#release = kernel.release;
  }

  /**
   * Adds a module.
   *
   * @returns False if there is none with this name.
   */
  add(name: string): boolean {
    const modprobe = findTool("modprobe");
    if (modprobe === null) return false;
    const args = ["-S", this.#release, "--show-depends", name];
    const { success, stdout } = new Deno.Command(modprobe, {
      args,
      stderr: "null",
    }).outputSync();
    if (!success) return false;
    const lines = new TextDecoder().decode(stdout);
    for (const [, path] of lines.matchAll(/^insmod (\S+)/gm)) {
      if (!this.#paths.includes(path)) this.#paths.push(path);
    }
    return true;
  }

  /** The modules' files for the guest. */
  get files(): Record<string, string> {
    return Object.fromEntries(this.#paths.map((path) => [nameOf(path), path]));
  }

  /** A shell command that loads them all. */
  get load(): string {
    return this.#paths.map((path) => `insmod ${nameOf(path)}`).join(" && ");
  }
}
