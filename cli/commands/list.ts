// SPDX-License-Identifier: MIT
/**
 * The command that lists this host's rings, and the states of their guests.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { objectRules } from "../arguments/object_rules.ts";
import type { Command } from "./command.ts";

/** `ivring_reader list`. */
export const LIST: Command = {
  name: "list",
  summary: "List the host's rings: state, rate, what the guest says",
  options: ["owner", "json"],
  implied: ["all", "once"],
  run: async (options) => {
    using libc = new Libc();
    const rules = objectRules(libc, options);
    const { listRings } = await import("../printing/ring_list.ts");
    await listRings(libc, rules, options.json);
  },
};
