// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertRejects } from "@std/assert";
import { driverSources } from "../support/driver_files.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { copyDriver } from "../support/driver_copy.ts";
import { builtOnce, checkDriver, warningsIn } from "../vm/build.ts";
import {
  findTool,
  INSTALLED_SERIES,
  kernelOf,
  WANTED_SERIES,
} from "../vm/kernel.ts";
import { run } from "../vm/run.ts";
import { type Headers, OTHER_FLAVOURS } from "./headers.ts";
import { packagingTest } from "./support.ts";

/**
 * Returns the files that sparse checked; a source of the driver must be among
 * them.
 */
function checkedIn(said: string): string[] {
  return [...said.matchAll(/CHECK +(\S*\.c)$/gm)].map(([, path]) =>
    path.replace(/^.*\/guest\//, "")
  );
}

async function checkBuilt(
  said: string,
  ivringKo: string,
  release: string,
): Promise<void> {
  assertEquals(warningsIn(said), []);
  assertEquals(checkedIn(said).sort(), driverSources());
  const modinfo = findTool("modinfo") ?? "modinfo";
  const vermagic = await run([
    ...[modinfo, "-F", "vermagic", ivringKo],
  ]);
  assert(vermagic.startsWith(`${release} `), vermagic);
}

const BUILDS = "the driver builds under W=1 and sparse, no warning";

/**
 * The builds for the kernels that guests boot are kept, and serve the guests'
 * tests too.
 */
for (const guest of WANTED_SERIES) {
  packagingTest(BUILDS, { guest }, async ({ release }) => {
    const { driverLog, ivringKo } = await builtOnce(kernelOf(guest)!);
    await checkBuilt(await Deno.readTextFile(driverLog), ivringKo, release);
  });
}

for (const series of INSTALLED_SERIES) {
  for (const flavour of OTHER_FLAVOURS) {
    packagingTest(BUILDS, { series, flavour }, async ({ headers, release }) => {
      using temp = new TempFolder();
      const folder = temp.at("guest");
      copyDriver(folder);
      const said = await checkDriver(headers, folder);
      await checkBuilt(said, `${folder}/ivring.ko`, release);
    });
  }
}

const CONTROL = "control: what W=1 and sparse warn of is seen";
const COMPILERS = [
  WANTED_SERIES[0],
  ...WANTED_SERIES.filter(({ origin }) => origin !== null),
];
for (const guest of COMPILERS) packagingTest(CONTROL, { guest }, controlTest);

/** A module that has only the driver's Makefile, so that it builds at once. */
const PROPER = "#include <linux/module.h>\n#include <linux/types.h>\n" +
  'MODULE_LICENSE("GPL");\nMODULE_DESCRIPTION("control");\n';
const SWAPPED = "u32 ivring_control(__le32 v);\n" +
  "u32 ivring_control(__le32 v) { return v; }\n";
const UNNAMED = "void ivring_control(void) {}\n";

async function controlTest({ headers }: Headers): Promise<void> {
  using temp = new TempFolder();
  const folder = temp.at("guest");
  copyDriver(folder);
  await Deno.writeTextFile(`${folder}/Kbuild`, "obj-m := control.o\n");
  const check = async (text: string) => {
    await Deno.writeTextFile(`${folder}/control.c`, PROPER + text);
    return warningsIn(await checkDriver(headers, folder));
  };
  assertEquals(await check(""), []);
  const [warning] = await check(SWAPPED);
  assert(/control\.c.*incorrect type in return/.test(warning), warning);
  await assertRejects(() => check(UNNAMED), Error, "no previous prototype");
}
