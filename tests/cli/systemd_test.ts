// SPDX-License-Identifier: MIT
// Tests the units: systemd accepts them, and the reader their command lines.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseConfig } from "../../cli/command_line/config.ts";
import type { OptionValues } from "../../cli/arguments/options.ts";
import { parseCommandLine } from "../../cli/command_line/parse.ts";
import { runCommand } from "../support/reader_program.ts";
import { ROOT } from "../../packaging/root.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

const FOLDER = `${ROOT}/packaging/systemd`;
/** Each unit, and what it reads. */
const UNITS = [
  { file: "ivring_reader@.service", shm: ["/vm1"], all: false },
  { file: "ivring_reader.service", shm: [], all: true },
] as const;
/** The most that `systemd-analyze security` may report, out of 10. */
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

/** Returns the arguments of a unit's program. */
async function argumentsIn(file: string): Promise<string[]> {
  const unit = await Deno.readTextFile(`${FOLDER}/${file}`);
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "";
  return line.replaceAll("%i", "vm1").replaceAll("%S", "/var/lib")
    .split(" ").slice(1);
}

for (const { file, shm, all } of UNITS) {
  Deno.test(`${file}: its command line is one that the reader takes`, async () => {
    const args = await argumentsIn(file);
    assertEquals(args.at(-1), "$IVRING_OPTIONS");
    const { options } = parseCommandLine([
      ...args.slice(0, -1),
      ...["--owner", "libvirt-qemu"],
    ]);
    assertEquals([options.shm, options.all], [[...shm], all]);
    assertEquals(options.owner, ["libvirt-qemu"]);
  });

  Deno.test(`${file}: it takes --owner from /etc/ivring.conf, and writes to the journal whatever that says`, async () => {
    const args = (await argumentsIn(file)).slice(0, -1);
    const text = "--owner libvirt-qemu # QEMU\n--raw\n-n 5\n-S 10\n-N 2\n" +
      "[read]\n-f /tmp/x\n-s other\n--cursor-file c\n--incoming\n" +
      "[info]\n--json\n[list]\n--json\n";
    const { options } = parseCommandLine(args, () => parseConfig(text, "/c"));
    const { options: alone } = parseCommandLine(args);
    const journal: OptionValues = {
      ...options,
      owner: [],
      lines: undefined,
      incoming: false,
    };
    assertEquals(options.owner, ["libvirt-qemu"]);
    assertEquals(journal, alone);
    assertEquals([options.file, options.safe], [undefined, true]);
  });
}

const systemd = haveSystemd();

for (const { file } of UNITS) {
  Deno.test({
    name: skippedName(
      `${file}: systemd takes it, and finds it hardened`,
      missingReason(systemd ? [] : ["systemd"]),
    ),
    ignore: !systemd,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        const path = `${folder}/${file.replace("@", "@vm1")}`;
        const unit = await Deno.readTextFile(`${FOLDER}/${file}`);
        // systemd-analyze checks that the program is there.
        const program = unit.replace(
          "/usr/local/bin/ivring_reader",
          "/bin/true",
        );
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
        // V8 does not allow us to set this one.
        assertMatch(stdout, /✗ MemoryDenyWriteExecute=/);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
