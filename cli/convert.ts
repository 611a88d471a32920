// SPDX-License-Identifier: MIT
/**
 * Making traces for other tools: what `convert` does.
 *
 * @module
 */
import { CommandError, UsageError } from "./errors.ts";
import { Messages } from "./messages.ts";
import { oneObject } from "./regions/objects.ts";
import type { OptionValues } from "./options.ts";
import { recordRegions } from "./record_regions.ts";
import { findTraces, type RecordedTrace } from "./recorded.ts";
import { checkSource } from "./regions/source.ts";
import { type Converted, writeTraceDat } from "./trace_dat_file.ts";

/**
 * Does what the command does.
 *
 * @throws {UsageError} naming the flag.
 * @throws {CommandError} where there is nothing to convert.
 */
export async function convert(options: OptionValues): Promise<void> {
  const { to, trace, output, epoch } = options;
  if (trace === "") checkSource(options);
  else if (options.image !== "" || options.shm.length > 0) {
    throw new UsageError("option --trace: not together with -s or --image");
  }
  if (epoch !== "" && !/^\d{1,10}$/.test(epoch)) {
    throw new UsageError(`option --epoch: "${epoch}" is no whole number`);
  }
  const messages = new Messages(options);
  if (to === "ctf") {
    if (trace !== "") throw new UsageError("option --trace: it is CTF already");
    if (epoch !== "") {
      throw new UsageError("option --epoch: for --to trace.dat only");
    }
    await recordOnce(options, output);
  } else if (trace !== "") {
    const remedy = "give a directory that ivring_reader record made";
    toTraceDat(options, messages, trace, `${trace} holds no trace: ${remedy}`);
  } else {
    // Beside the file: there is the room that it will need.
    const folder = await Deno.makeTempDir({ dir: folderOf(output) });
    try {
      await recordOnce(options, folder);
      const name = options.image || oneObject(options);
      toTraceDat(options, messages, folder, `${name} holds no records yet`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
}

/** Records what a region holds now. */
async function recordOnce(options: OptionValues, root: string): Promise<void> {
  const name = options.image || oneObject(options);
  await recordRegions(
    { ...options, once: true },
    { names: [name], patterns: [], single: true },
    { root, chunks: null, count: Infinity, durationMs: Infinity },
  );
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash + 1);
}

function toTraceDat(
  options: OptionValues,
  messages: Messages,
  folder: string,
  ifEmpty: string,
): void {
  const traces = findTraces(folder);
  if (traces.length === 0) throw new CommandError(ifEmpty);
  const chosen = choose(traces, options.epoch);
  if (options.epoch === "" && traces.length > 1) {
    messages.note(
      `${options.output} is of the last start of the guest's driver, epoch ` +
        `${chosen.info.epoch}; others are there: ` +
        traces.map(({ info }) => info.epoch).join(", "),
    );
  }
  const unshown = unshownText(writeTraceDat(chosen, options.output));
  if (unshown !== "") messages.note(unshown);
}

/** The last of all, or the last that has this number. */
function choose(
  traces: readonly RecordedTrace[],
  epoch: string,
): RecordedTrace {
  const wanted = epoch === ""
    ? traces
    : traces.filter(({ info }) => info.epoch === Number(epoch));
  if (wanted.length > 0) return wanted[wanted.length - 1];
  throw new CommandError(
    `no trace of epoch ${epoch}: there are ${
      traces.map(({ info }) => info.epoch).join(", ")
    }`,
  );
}

function unshownText({ opaque, tooLong, broken }: Converted): string {
  return [
    opaque > 0 ? `${opaque} records left out that nothing describes` : "",
    tooLong > 0 ? `${tooLong} events left out that are longer than a page` : "",
    broken > 0 ? `${broken} files end in something that is no packet` : "",
  ].filter((text) => text !== "").join(", ");
}
