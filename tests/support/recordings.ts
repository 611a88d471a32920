// SPDX-License-Identifier: MIT
/**
 * Records regions into temporary directories.
 *
 * @module
 */
import type { ChunkRules } from "../../cli/traces/chunk_size.ts";
import { CtfOutput } from "../../cli/traces/trace_writer.ts";
import { TraceFolder } from "../../cli/traces/recorder_folder.ts";
import { Libc } from "../../ffi/libc.ts";
import { type PacketSink, RegionRecorder } from "../../ring/ctf/recorder.ts";

/** A recording that is under way. */
export interface Recording {
  readonly path: string;
  readonly recorder: RegionRecorder;
  /** Records what is new, and reports the loss behind it. */
  readonly drain: () => void;
}

/** Records into a directory that is removed afterwards. */
export async function recorded(
  buffer: ArrayBuffer,
  body: (recording: Recording) => Promise<void>,
  rules?: ChunkRules,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    using libc = new Libc();
    using folder = TraceFolder.open(libc, path);
    using output = new CtfOutput(libc, folder, "", rules);
    const rotates = (bytes: number) => output.rotates(bytes);
    const recorder = new RegionRecorder(buffer, undefined, { rotates });
    const sink: PacketSink = (...packet) => output.write(...packet);
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
