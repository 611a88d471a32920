// SPDX-License-Identifier: MIT
// The units write to a real journal, and a guest's text cannot set a priority.
import { assert, assertEquals } from "@std/assert";
import { Guest } from "../support/guest.ts";
import { journalMissing, journalOf } from "../support/journal.ts";
import { readerCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { ROOT } from "../../packaging/root.ts";

const missing = await journalMissing();
/** The journal's default priority of a line. */
const INFO = 6;

/** Returns the SyslogLevelPrefix of a unit, which is yes by default. */
function levelPrefixOf(unit: string): boolean {
  const given = /^SyslogLevelPrefix=(.*)$/m.exec(unit)?.[1] ?? "yes";
  return !/^(no|false|off|0|n|f)$/i.test(given);
}

/**
 * The units. With --all each line begins with the object's name, which leaves a
 * guest less room for a forged priority.
 */
const UNITS = [
  { file: "ivring_reader@.service", options: [], forgeable: true },
  { file: "ivring_reader.service", options: ["--all"], forgeable: false },
] as const;

for (const { file, options, forgeable } of UNITS) {
  Deno.test({
    name: `${file}: what a guest writes is no priority of the host's` +
      (missing && ` (skipped: ${missing})`),
    ignore: missing !== "",
    fn: async () => {
      const unit = await Deno.readTextFile(`${ROOT}/packaging/systemd/${file}`);
      using guest = new Guest();
      say(guest.writer, 0, "<0>the host burns\n");
      say(guest.writer, 1, "harmless\n<1>a further line\n<31>\n");
      const from = options.length > 0 ? options : ["-s", guest.name];
      const command = readerCommand([...from, "--safe", "--once"]);

      assert(!levelPrefixOf(unit));
      const lines = await journalOf(command, levelPrefixOf(unit));
      assertEquals(lines.filter(({ priority }) => priority !== INFO), []);
      const text = lines.map(({ message }) => message).join("\n");
      for (const said of ["<0>the host burns", "<1>a further line"]) {
        assert(text.includes(said), text);
      }

      // Control: without its line in the unit, the journal believes the guest.
      const without = unit.replace(/^SyslogLevelPrefix=.*\n/m, "");
      assert(levelPrefixOf(without));
      const [first] = await journalOf(command, levelPrefixOf(without));
      if (forgeable) {
        assertEquals(first, { message: "the host burns", priority: 0 });
      }
    },
  });
}
