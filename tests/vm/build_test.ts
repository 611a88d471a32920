// SPDX-License-Identifier: MIT
import { assertEquals, assertStringIncludes } from "@std/assert";
import { buildDriver } from "./build.ts";
import { findKernel } from "./kernel.ts";
import { vmTest } from "./support.ts";

vmTest("the driver builds under W=1 and sparse, no warning", async () => {
  const kernel = findKernel();
  if (kernel === null) throw new Error("no kernel");
  const folder = await Deno.makeTempDir({ prefix: "ivring-vm-build-" });
  try {
    const said = await buildDriver(kernel, folder);
    assertStringIncludes(said, "CHECK");
    assertEquals(
      said.split("\n").filter((line) => /\b(warning|error):/i.test(line)),
      [],
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
