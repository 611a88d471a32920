// SPDX-License-Identifier: MIT
/**
 * Makes a kernel tree with the driver in drivers/misc/ivring/, as far as
 * headers allow: enough for Kbuild to descend into it from the top.
 *
 * @module
 */
import { copyDriver } from "../support/driver_copy.ts";
import { run } from "../vm/run.ts";

const PLACE = "drivers/misc/ivring";

/** Makefiles from the top down to the driver, as in a kernel tree. */
const MAKEFILES: Readonly<Record<string, string>> = {
  "Kbuild": "obj-y += drivers/\n",
  "drivers/Makefile": "obj-y += misc/\n",
  "drivers/misc/Makefile": "obj-$(CONFIG_IVRING) += ivring/\n",
};

/** A kernel tree with the driver in it. */
export class KernelTree {
  readonly #sources: string;
  readonly #objects: string;

  private constructor(folder: string) {
    this.#sources = `${folder}/sources`;
    this.#objects = `${folder}/objects`;
  }

  /**
   * Makes a tree. The folder of objects is a copy, because make writes there,
   * and removes what it fails to make. If it were links, these would be the
   * machine's own headers.
   *
   * @param headers Build directory of the headers.
   * @param folder A folder that exists; the caller removes it.
   */
  static async make(headers: string, folder: string): Promise<KernelTree> {
    const tree = new KernelTree(folder);
    const makefile = await Deno.readTextFile(`${headers}/Makefile`);
    const common = /^include (.*)\/Makefile$/m.exec(makefile)?.[1];
    if (common === undefined) throw new Error(`not Debian's: ${headers}`);
    await run(["mkdir", "-p", `${tree.#sources}/drivers/misc`]);
    for (const name of ["arch", "include", "scripts", "tools"]) {
      await Deno.symlink(`${common}/${name}`, `${tree.#sources}/${name}`);
    }
    await Deno.copyFile(`${common}/Makefile`, `${tree.#sources}/Makefile`);
    await run(["cp", "-rL", `${headers}/.`, tree.#objects]);
    await Deno.writeTextFile(
      `${tree.#objects}/Makefile`,
      `include ${tree.#sources}/Makefile\n`,
    );
    copyDriver(`${tree.#sources}/${PLACE}`);
    for (const [name, text] of Object.entries(MAKEFILES)) {
      await Deno.writeTextFile(`${tree.#sources}/${name}`, text);
    }
    // These files must be up to date for make, because there is no Kconfig to
    // make them from.
    for (const name of ["config/auto.conf", "config/auto.conf.cmd"]) {
      await run(["touch", `${tree.#objects}/include/${name}`]);
    }
    await run(["touch", `${tree.#objects}/include/generated/autoconf.h`]);
    return tree;
  }

  /**
   * Builds the driver's folder. Every warning of the compiler is an error.
   *
   * @param config Value of CONFIG_IVRING: "m", "y" or "".
   * @returns The build's output.
   */
  build(config: string): Promise<string> {
    return run([
      ...["make", `-j${navigator.hardwareConcurrency}`, "-C", this.#objects],
      // What headers bring is already prepared. A make below this one would be
      // started only to print the directory, and -o would not reach it.
      ...["--no-print-directory", "-o", "prepare", "-o", "scripts"],
      ...["W=1", "KCFLAGS=-Werror"],
      ...[`CONFIG_IVRING=${config}`, `${PLACE}/`],
    ]);
  }

  /** Returns the path of something that was built from the driver. */
  built(name: string): string {
    return `${this.#objects}/${PLACE}/${name}`;
  }
}
