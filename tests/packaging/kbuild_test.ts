// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { driverSources } from "../support/driver_files.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ROOT } from "../../packaging/root.ts";
import { INSTALLED_SERIES } from "../vm/kernel.ts";
import { run } from "../vm/run.ts";
import { packagingTest } from "./support.ts";
import { KernelTree } from "./tree.ts";

const objectsIn = (mod: string) =>
  mod.split(/\s+/).filter((word) => word !== "")
    .map((path) => path.replace(/^.*\/ivring\//, ""));

// The newest series suffices, because flavours_test.ts builds the driver for each.
for (const series of INSTALLED_SERIES.slice(-1)) {
  packagingTest(
    "the driver builds in a kernel tree, as a module and built in",
    { series, flavour: "amd64", tools: ["nm"] },
    async ({ headers }) => {
      using temp = new TempFolder();
      const tree = await KernelTree.make(headers, temp.path);
      assert(!/CC|LD/.test(await tree.build("")));
      assertStringIncludes(await tree.build("m"), "LD [M]");
      assertEquals(
        objectsIn(temp.read("objects/drivers/misc/ivring/ivring.mod")).sort(),
        driverSources().map((name) => name.replace(/c$/, "o")).sort(),
      );
      assertStringIncludes(await tree.build("y"), "AR ");
      const symbols = await run(["nm", tree.built("built-in.a")]);
      assertStringIncludes(symbols, "__initcall__kmod_ivring__");
    },
  );
}

/** Returns the text of a kernel's own Kconfig. */
function kconfig(symbols: Readonly<Record<string, "y" | "n">>): string {
  const known = Object.entries(symbols).map(([name, value]) =>
    `config ${name}\n\tdef_bool ${value}\n`
  );
  return "config MODULES\n\tdef_bool y\n\tmodules\n" +
    "config IRQ_WORK\n\tbool\n" + known.join("") +
    `source "${ROOT}/guest/Kconfig"\n`;
}

const ALL = { "64BIT": "y", PCI: "y", PRINTK: "y" } as const;

for (const series of INSTALLED_SERIES) {
  packagingTest(
    "Kconfig offers the driver where it can be built",
    { series, flavour: "amd64" },
    async ({ headers }) => {
      using temp = new TempFolder();
      const ask = async (mode: string, symbols: typeof ALL) => {
        await Deno.writeTextFile(temp.at("Kconfig"), kconfig(symbols));
        const said = await run(
          [`${headers}/scripts/kconfig/conf`, `--${mode}`, temp.at("Kconfig")],
          { cwd: temp.path },
        );
        assert(!/warning|error/i.test(said), said);
        return temp.read(".config");
      };
      const module = await ask("allmodconfig", ALL);
      assertStringIncludes(module, "CONFIG_IVRING=m\n");
      assertStringIncludes(module, "CONFIG_IRQ_WORK=y\n");
      assertStringIncludes(
        await ask("allyesconfig", ALL),
        "CONFIG_IVRING=y\n",
      );
      // "If unsure, say N."
      assertStringIncludes(
        await ask("alldefconfig", ALL),
        "# CONFIG_IVRING is not set\n",
      );
      for (const name of Object.keys(ALL)) {
        const without = { ...ALL, [name]: "n" };
        assert(!(await ask("allmodconfig", without)).includes("IVRING"), name);
      }
    },
  );
}
