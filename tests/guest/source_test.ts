// SPDX-License-Identifier: MIT
// Facts about the driver that are stated in more than one place agree; its
// comments are well formed.
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../../packaging/root.ts";
import { driverFiles } from "../support/driver_files.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";
import { installedKernels } from "../vm/kernel.ts";
import { runAny } from "../vm/run.ts";

const read = (name: string) => Deno.readTextFileSync(`${ROOT}/guest/${name}`);

Deno.test("the driver's version stands in one place", () => {
  const found = /define IVRING_DRIVER_VERSION\t"([\d.]+)"/
    .exec(read("ivring_driver.h"));
  assert(found !== null);
  assert(read("dkms.conf").includes(`PACKAGE_VERSION="${found[1]}"`));
  assert(read("README.md").includes(`dkms install ivring/${found[1]}\n`));
});

/** The kernel's own checker of comments; null if there is none. */
function kernelDoc(): string | null {
  for (const { headers } of installedKernels()) {
    const path = `${headers}/scripts/kernel-doc`;
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // not in these headers
    }
  }
  return null;
}

const checker = kernelDoc();

Deno.test({
  name: skippedName(
    "kernel-doc has nothing to say",
    missingReason(
      checker === null ? ["a kernel in /boot with its headers"] : [],
    ),
  ),
  ignore: checker === null,
  fn: async () => {
    const files = driverFiles().filter((name) => /\.[ch]$/.test(name));
    assert(files.length > 30);
    const paths = files.map((name) => `${ROOT}/guest/${name}`);
    const { stdout, stderr } = await runAny([checker!, "-none", ...paths]);
    assertEquals(new TextDecoder().decode(stdout) + stderr, "");
  },
});

/** What a C file includes, such as `<linux/io.h>` or `"port.h"`. */
function includedBy(name: string): string[] {
  return [...read(name).matchAll(/^#\s*include\s+(\S+)/gm)].map(([, what]) =>
    what
  );
}

/** Files of `guest/core` that include what they must not. */
function strangersIn(
  files: readonly string[],
  included: (name: string) => readonly string[],
): string[] {
  const own = files.map((name) => `"${name.replace(/^core\//, "")}"`);
  const may = [...own, '"../ivring_abi.h"'];
  return files.filter((name) => name !== "core/port.h").flatMap((name) =>
    included(name).filter((what) => !may.includes(what))
      .map((what) => `${name}: ${what}`)
  );
}

Deno.test("guest/core includes only itself and the wire, so that it builds in user space", () => {
  const core = driverFiles().filter((name) => name.startsWith("core/"));
  assert(core.length > 15, core.join());
  assertEquals(strangersIn(core, includedBy), []);
});

Deno.test("control: a header of the kernel or the driver in guest/core is found", () => {
  const found = strangersIn(
    ["core/port.h", "core/ring.c"],
    () => ["<linux/io.h>", '"port.h"', '"../ivring_driver.h"'],
  );
  assertEquals(found, [
    "core/ring.c: <linux/io.h>",
    'core/ring.c: "../ivring_driver.h"',
  ]);
});
