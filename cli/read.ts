// SPDX-License-Identifier: MIT
/**
 * The default command: print the records of a region, and follow it.
 *
 * @module
 */
import { Libc } from "../ffi/libc.ts";
import { Output } from "../ffi/output.ts";
import { RegionReader } from "../ring/reader.ts";
import { Totals } from "../ring/totals.ts";
import type { Command } from "./commands.ts";
import { follow } from "./follow.ts";
import { GuestNotes } from "./guest_notes.ts";
import { Messages } from "./messages.ts";
import type { OptionValues } from "./options.ts";
import { FORMATS } from "./outputs/mod.ts";
import { Printer } from "./printer.ts";
import { StopSignals } from "./signals.ts";
import { summaryText } from "./summary.ts";
import { attach, explainRegion } from "./wait.ts";

const STDOUT_FD = 1;

/** `ivring_reader -s NAME`. */
export const READ: Command = {
  name: "read",
  summary: "Print records as they come",
  options: ["shm", "format", "once", "quiet", "verbose"],
  run: read,
};

async function read(options: OptionValues): Promise<void> {
  const { shm: name, once } = options;
  const messages = new Messages(options);
  using libc = new Libc();
  using output = new Output(libc, STDOUT_FD, "standard output");
  using signals = new StopSignals();
  const { stop } = signals;
  const region = await attach(libc, {
    name,
    once,
    messages,
    stop,
    pointless: () => output.ended,
    open: (buffer) => new RegionReader(buffer),
  });
  if (region === null) {
    messages.note(summaryText(new Totals()));
    return;
  }
  using _memory = region.memory;
  const { reader } = region;
  const format = FORMATS.find((each) => each.name === options.format)!;
  const printer = new Printer(output, format.create(name));
  const notes = new GuestNotes(name, messages);
  try {
    await follow(reader, printer, notes, { once, stop });
  } catch (error) {
    throw explainRegion(name, error);
  } finally {
    messages.note(summaryText(reader.totals));
  }
}
