// SPDX-License-Identifier: MIT
// Facts about the driver that are stated in more than one place agree; its
// comments are well formed.
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../../packaging/root.ts";
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
    const files = [...Deno.readDirSync(`${ROOT}/guest`)]
      .map(({ name }) => name).filter((name) => /\.[ch]$/.test(name));
    assert(files.length > 30);
    const paths = files.sort().map((name) => `${ROOT}/guest/${name}`);
    const { stdout, stderr } = await runAny([checker!, "-none", ...paths]);
    assertEquals(new TextDecoder().decode(stdout) + stderr, "");
  },
});
