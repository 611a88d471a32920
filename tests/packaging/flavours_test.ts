// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TempFolder } from "../support/temp_folder.ts";
import { checkDriver, copyDriver, warningsIn } from "../vm/build.ts";
import { findTool, INSTALLED_SERIES, WANTED_SERIES } from "../vm/kernel.ts";
import { run } from "../vm/run.ts";
import { FLAVOURS, type Headers } from "./headers.ts";
import { packagingTest } from "./support.ts";

/** Files under sparse; a source of the driver has to be among them. */
function checkedIn(said: string): string[] {
  return [...said.matchAll(/CHECK +(?:\S*\/)?(\w+\.c)$/gm)].map(([, name]) =>
    name
  );
}

/** The driver's C files. */
function driverSources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => /^ivring_?\w*\.c$/.test(name)).sort();
}

const UNPACKED = WANTED_SERIES.filter(({ origin }) => origin !== null);

async function buildTest({ release, headers }: Headers): Promise<void> {
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
}

const BUILDS = "the driver builds under W=1 and sparse, no warning";
for (const series of INSTALLED_SERIES) {
  for (const flavour of FLAVOURS) {
    packagingTest(BUILDS, { series, flavour }, buildTest);
  }
}
for (const unpacked of UNPACKED) {
  packagingTest(BUILDS, { unpacked }, buildTest);
}

const CONTROL = "control: what W=1 and sparse warn of is seen";
const [series] = INSTALLED_SERIES;
const [flavour] = FLAVOURS;
packagingTest(CONTROL, { series, flavour }, controlTest);
for (const unpacked of UNPACKED) {
  packagingTest(CONTROL, { unpacked }, controlTest);
}

async function controlTest({ headers }: Headers): Promise<void> {
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
}
