// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TempFolder } from "../support/temp_folder.ts";
import { checkDriver, copyDriver } from "../vm/build.ts";
import { findTool, WANTED_SERIES } from "../vm/kernel.ts";
import { run } from "../vm/run.ts";
import { FLAVOURS } from "./headers.ts";
import { packagingTest } from "./support.ts";

/** The host's clock may be set while it builds. */
const OF_THE_CLOCK = /^make.*(Clock skew|modification time .* in the future)/;

function warningsIn(said: string): string[] {
  return said.split("\n").filter((line) =>
    /\b(warning|error):/i.test(line) && !OF_THE_CLOCK.test(line)
  );
}

/** Files under sparse; a source of the driver has to be among them. */
function checkedIn(said: string): string[] {
  return [...said.matchAll(/CHECK +\S*\/(\w+\.c)$/gm)].map(([, name]) => name);
}

/** The driver's C files. */
function driverSources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => /^ivring_?\w*\.c$/.test(name)).sort();
}

for (const series of WANTED_SERIES) {
  for (const flavour of FLAVOURS) {
    packagingTest(
      "the driver builds under W=1 and sparse, no warning",
      { series, flavour },
      async ({ release, headers }) => {
        using temp = new TempFolder();
        const folder = temp.at("guest");
        await copyDriver(folder);
        const sources = driverSources(folder);
        const said = await checkDriver(headers, folder);
        assertEquals(warningsIn(said), []);
        assertEquals(checkedIn(said).sort(), sources);
        const modinfo = findTool("modinfo") ?? "modinfo";
        const vermagic = await run([
          ...[modinfo, "-F", "vermagic", `${folder}/ivring.ko`],
        ]);
        assert(vermagic.startsWith(`${release} `), vermagic);
      },
    );
  }
}

const [series] = WANTED_SERIES;
const [flavour] = FLAVOURS;

packagingTest(
  "control: what W=1 and sparse warn of is seen",
  { series, flavour },
  async ({ headers }) => {
    using temp = new TempFolder();
    const folder = temp.at("guest");
    await copyDriver(folder);
    const source = `${folder}/ivring_clock.c`;
    const proper = await Deno.readTextFile(source);
    const swapped = "u32 ivring_control(__le32 v);\n" +
      "u32 ivring_control(__le32 v) { return v; }\n";
    await Deno.writeTextFile(source, proper + swapped);
    const [warning] = warningsIn(await checkDriver(headers, folder));
    assert(/ivring_clock\.c.*incorrect type in return/.test(warning), warning);
    const unnamed = "void ivring_control(void) {}\n";
    await Deno.writeTextFile(source, proper + unnamed);
    await assertRejects(
      () => checkDriver(headers, folder),
      Error,
      "no previous prototype",
    );
  },
);
