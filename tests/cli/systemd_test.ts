// SPDX-License-Identifier: MIT
// The unit for one object: systemd takes it, and the reader its command line.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseCommandLine } from "../../cli/parse.ts";
import { runCommand } from "../support/reader_program.ts";
import { ROOT } from "../tools/root.ts";

const UNIT = `${ROOT}/cli/systemd/ivring_reader@.service`;
/** As `systemd-analyze security` counts, of 10. */
const EXPOSURE_MOST = 1;

function haveSystemd(): boolean {
  try {
    return new Deno.Command("systemd-analyze", {
      args: ["--version"],
      stdout: "null",
    }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("the unit's command line is one that the reader takes", async () => {
  const unit = await Deno.readTextFile(UNIT);
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "";
  const args = line.replaceAll("%i", "vm1").replaceAll("%S", "/var/lib")
    .split(" ").slice(1);
  assertEquals(args.at(-1), "$IVRING_OPTIONS");
  const { options } = parseCommandLine([
    ...args.slice(0, -1),
    ...["--owner", "libvirt-qemu"],
  ]);
  assertEquals([options.shm, options.owner], ["/vm1", "libvirt-qemu"]);
});

const systemd = haveSystemd();

Deno.test({
  name: "systemd takes the unit, and finds it hardened" +
    (systemd ? "" : " (skipped: there is no systemd-analyze)"),
  ignore: !systemd,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/ivring_reader@vm1.service`;
      const unit = await Deno.readTextFile(UNIT);
      // It looks whether the program is there.
      const program = unit.replace("/usr/local/bin/ivring_reader", "/bin/true");
      await Deno.writeTextFile(path, program);
      const verified = await runCommand([
        ...["systemd-analyze", "verify", "--man=no", path],
      ]);
      assertEquals(verified, { code: 0, stdout: "", stderr: "" });
      const { code, stdout } = await runCommand(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", path],
      );
      assertEquals(code, 0);
      const level = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout);
      assert(level !== null, stdout);
      assert(Number(level[1]) <= EXPOSURE_MOST, level[0]);
      // The one that V8 does not let us set.
      assertMatch(stdout, /✗ MemoryDenyWriteExecute=/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
