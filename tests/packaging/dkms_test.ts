// SPDX-License-Identifier: MIT
import { assert, assertEquals } from "@std/assert";
import { TempFolder } from "../support/temp_folder.ts";
import { ROOT } from "../../packaging/root.ts";
import { copyDriver } from "../support/driver_copy.ts";
import { findTool, INSTALLED_SERIES } from "../vm/kernel.ts";
import { run } from "../vm/run.ts";
import { packagingTest } from "./support.ts";

const CONFIGURATION = `${ROOT}/guest/dkms.conf`;

function versionIn(configuration: string): string | undefined {
  return /^PACKAGE_VERSION="(.*)"$/m.exec(configuration)?.[1];
}

Deno.test("dkms.conf has the project's version", async () => {
  const project = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const configuration = await Deno.readTextFile(CONFIGURATION);
  assertEquals(versionIn(configuration), project.version);
});

/** Returns all files in a folder and below it whose names match. */
function filesIn(folder: string, pattern: RegExp): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return filesIn(path, pattern);
    return pattern.test(entry.name) ? [path] : [];
  });
}

/** Runs dkms on trees of its own, with a signing key of its own. */
function dkms(temp: TempFolder, ...args: string[]): Promise<string> {
  return run([
    ...["dkms", ...args],
    ...["--sourcetree", temp.at("src"), "--dkmstree", temp.at("dkms")],
    ...["--installtree", temp.at("modules")],
  ], {
    env: {
      mok_signing_key: temp.at("mok.key"),
      mok_certificate: temp.at("mok.pub"),
      TMPDIR: temp.path,
    },
  });
}

// One series suffices: what dkms does is the same for all, and flavours_test.ts
// builds the driver for each.
for (const series of INSTALLED_SERIES.slice(0, 1)) {
  packagingTest(
    "dkms adds, builds, installs and removes the driver",
    { series, flavour: "amd64", tools: ["dkms"], root: true },
    async ({ release }) => {
      using temp = new TempFolder();
      copyDriver(temp.at("guest"));
      for (const name of ["src", "dkms"]) await Deno.mkdir(temp.at(name));
      await Deno.mkdir(temp.at(`modules/${release}`), { recursive: true });
      await dkms(temp, "add", temp.at("guest"));
      const module = `ivring/${
        versionIn(await Deno.readTextFile(CONFIGURATION))
      }`;
      await dkms(temp, "build", module, "-k", release);
      await dkms(temp, "install", module, "-k", release, "--no-depmod");
      const status = await dkms(temp, "status", module);
      assert(status.includes(`${release}, x86_64: installed`), status);
      const installed = filesIn(temp.at("modules"), /\.ko(\.xz)?$/);
      assertEquals(installed.length, 1);
      const modinfo = findTool("modinfo") ?? "modinfo";
      const vermagic = await run([modinfo, "-F", "vermagic", installed[0]]);
      assert(vermagic.startsWith(`${release} `), vermagic);
      await dkms(temp, "remove", module, "--all", "--no-depmod");
      assertEquals(filesIn(temp.at("modules"), /\.ko/), []);
    },
  );
}
