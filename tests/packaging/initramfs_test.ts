// SPDX-License-Identifier: MIT
// Tests the hook for initramfs-tools in a real mkinitramfs.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TempFolder } from "../support/temp_folder.ts";
import { ROOT } from "../../packaging/root.ts";
import { builtOnce } from "../vm/build.ts";
import { findKernel, INSTALLED_SERIES } from "../vm/kernel.ts";
import { run } from "../vm/run.ts";
import { packagingTest } from "./support.ts";

const BOOT = `${ROOT}/guest/samples/boot`;

/**
 * Makes an initial file system with its own configuration and modules, which
 * are put where mkinitramfs looks for them, but visible to this process only.
 */
const MAKE = `set -e
mount --bind "$1/modules" /lib/modules
mkdir -p /etc/modprobe.d && mount -t tmpfs none /etc/modprobe.d
cp "$1/ivring.conf" /etc/modprobe.d/
depmod "$2"
mkinitramfs -d "$1/conf" -o "$1/image" "$2"
unmkinitramfs "$1/image" "$1/image.d"`;

packagingTest(
  "the initramfs hook brings the driver, and has it loaded",
  {
    series: INSTALLED_SERIES[0],
    flavour: "amd64",
    tools: ["mkinitramfs", "unmkinitramfs", "depmod", "unshare"],
    root: true,
  },
  async () => {
    const kernel = findKernel();
    assert(kernel !== null);
    const { release } = kernel;
    const built = await builtOnce(kernel);
    using temp = new TempFolder();
    await run(["cp", "-r", "/etc/initramfs-tools", temp.at("conf")]);
    const modules = temp.at(`modules/${release}`);
    await Deno.mkdir(`${modules}/updates`, { recursive: true });
    await Deno.copyFile(built.ivringKo, `${modules}/updates/ivring.ko`);
    await Deno.copyFile(
      `${BOOT}/ivring.initramfs-hook`,
      temp.at("conf/hooks/ivring"),
    );
    await Deno.copyFile(
      `${BOOT}/ivring.modprobe.conf`,
      temp.at("ivring.conf"),
    );
    // Only what hooks request goes in; what this machine's disks need does not
    // matter.
    const config = temp.at("conf/initramfs.conf");
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(config, `${text}\nMODULES=list\n`);
    await run(["unshare", "-m", "sh", "-c", MAKE, "make", temp.path, release]);
    const find = ["find", temp.at("image.d"), "-name"];
    const [module] = (await run([...find, "ivring.ko"])).trim().split("\n");
    assertStringIncludes(module, `/lib/modules/${release}/updates/ivring.ko`);
    const same = ["cmp", module, built.ivringKo];
    assertEquals(await run(same), "");
    const [list] = (await run([...find, "modules", "-path", "*/conf/modules"]))
      .trim().split("\n");
    const names = (await Deno.readTextFile(list)).split("\n");
    assert(names.includes("ivring"), names.join());
    const options = (await run([...find, "ivring.conf"])).trim();
    assertStringIncludes(options, "/etc/modprobe.d/ivring.conf");
  },
);
