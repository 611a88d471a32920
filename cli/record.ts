// SPDX-License-Identifier: MIT
/**
 * Recording: validated blocks, copied into a CTF trace on disk.
 *
 * @module
 */
import { Libc } from "../ffi/libc.ts";
import { type PacketSink, RegionRecorder } from "../ring/recorder.ts";
import { Totals } from "../ring/totals.ts";
import type { Command } from "./commands.ts";
import { roundsOfAll } from "./follow.ts";
import { Messages } from "./messages.ts";
import type { OptionValues } from "./options.ts";
import { CtfOutput } from "./outputs/ctf.ts";
import { StopSignals } from "./signals.ts";
import { IdleSleep, yieldToSignals } from "./sleep.ts";
import { summaryText } from "./summary.ts";
import { attach, explainRegion } from "./wait.ts";

/** `ivring_reader record -s NAME -o DIR`. */
export const RECORD: Command = {
  name: "record",
  summary: "Copy the rings into a CTF trace",
  options: ["shm", "output", "once", "quiet", "verbose"],
  run: record,
};

async function record(options: OptionValues): Promise<void> {
  const { shm: name, once } = options;
  const messages = new Messages(options);
  using libc = new Libc();
  using signals = new StopSignals();
  using output = new CtfOutput(options.output);
  await output.open();
  const { stop } = signals;
  const region = await attach(libc, {
    name,
    once,
    messages,
    stop,
    pointless: () => false,
    open: (buffer) => new RegionRecorder(buffer),
  });
  if (region === null) {
    messages.note(summaryText(new Totals()));
    return;
  }
  using _memory = region.memory;
  const recorder = region.reader;
  const sink: PacketSink = (stream, packet) =>
    output.write(stream, packet, recorder.info);
  try {
    await follow(recorder, sink, once, stop);
  } catch (error) {
    throw explainRegion(name, error);
  } finally {
    messages.note(summaryText(recorder.totals));
  }
}

async function follow(
  recorder: RegionRecorder,
  sink: PacketSink,
  once: boolean,
  stop: AbortSignal,
): Promise<void> {
  const idle = new IdleSleep();
  let roundsLeft = Infinity;
  while (true) {
    if ((once || stop.aborted) && roundsLeft === Infinity) {
      roundsLeft = roundsOfAll(recorder.info);
    }
    const before = recorder.totals.records;
    const { more, reformatted } = recorder.drain(sink);
    if (reformatted) recorder.reattach(sink);
    if (roundsLeft !== Infinity && (!more || --roundsLeft === 0)) break;
    if (recorder.totals.records > before) idle.reset();
    if (more) await yieldToSignals();
    else await idle.sleep(stop);
  }
  recorder.finish(sink);
}
