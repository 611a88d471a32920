// SPDX-License-Identifier: MIT
/**
 * Recordings of regions, in directories of their own.
 *
 * @module
 */
import { type ChunkRules, CtfOutput } from "../../cli/outputs/ctf.ts";
import { type PacketSink, RegionRecorder } from "../../ring/ctf/recorder.ts";

/** A recording under way. */
export interface Recording {
  readonly path: string;
  readonly recorder: RegionRecorder;
  /** Records what is new, and tells the loss behind it. */
  readonly drain: () => void;
}

/** Records into a directory that is gone afterwards. */
export async function recorded(
  buffer: ArrayBuffer,
  body: (recording: Recording) => Promise<void>,
  rules: ChunkRules | null = null,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    using output = new CtfOutput(path, rules);
    await output.open();
    const rotates = (bytes: number) => output.rotates(bytes);
    const recorder = new RegionRecorder(buffer, undefined, { rotates });
    const sink: PacketSink = (stream, packet) =>
      output.write(stream, packet, recorder.info);
    const drain = () => {
      while (true) {
        const { more, reformatted } = recorder.drain(sink);
        if (reformatted) recorder.reattach(sink);
        else if (!more) break;
      }
      recorder.finish(sink);
    };
    await body({ path, recorder, drain });
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}
