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
import { type FollowOptions, roundsOfAll } from "./follow.ts";
import { Messages } from "./messages.ts";
import { OBJECT_OPTIONS, objectRules } from "./objects.ts";
import type { OptionValues } from "./options.ts";
import { CtfOutput } from "./outputs/ctf.ts";
import { eachRegion } from "./regions.ts";
import { StopSignals } from "./signals.ts";
import { IdleSleep, yieldToSignals } from "./sleep.ts";
import type { WaitOptions } from "./wait.ts";

/** `ivring_reader record -s NAME -o DIR`. */
export const RECORD: Command = {
  name: "record",
  summary: "Copy the rings into a CTF trace",
  options: ["shm", ...OBJECT_OPTIONS, "output", "once", "quiet", "verbose"],
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
  const totals = new Totals();
  const wait: WaitOptions<RegionRecorder> = {
    name,
    rules: objectRules(libc, options),
    once,
    messages,
    stop,
    pointless: () => false,
    open: (buffer) => new RegionRecorder(buffer, totals),
  };
  await eachRegion(libc, wait, totals, (recorder, object) => {
    const sink: PacketSink = (stream, packet) =>
      output.write(stream, packet, recorder.info);
    return follow(recorder, sink, { once, stop, object });
  });
}

async function follow(
  recorder: RegionRecorder,
  sink: PacketSink,
  { once, stop, object }: FollowOptions,
): Promise<void> {
  const idle = new IdleSleep();
  let roundsLeft = Infinity;
  while (true) {
    const ending = once || stop.aborted || object.replaced();
    if (ending && roundsLeft === Infinity) {
      roundsLeft = roundsOfAll(recorder.info);
    }
    const truncation = object.truncation();
    if (truncation !== null) {
      recorder.finish(sink);
      throw truncation;
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
