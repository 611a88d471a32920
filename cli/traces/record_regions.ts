// SPDX-License-Identifier: MIT
/**
 * Records regions: validated blocks are copied into CTF traces on disk.
 *
 * @module
 */
import { shownText } from "../../ffi/c_text.ts";
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { shmName } from "../../ffi/shm_object.ts";
import { statPath } from "../../ffi/stat.ts";
import {
  type PacketSink,
  recordingBatch,
  RegionRecorder,
} from "../../ring/ctf/recorder.ts";
import { Totals } from "../../ring/totals.ts";
import { namesNow } from "../regions/look_once.ts";
import { complainOfDoubts } from "../regions/cursor_doubts.ts";
import { GuestNotes } from "../regions/guest_notes.ts";
import { CommandError } from "../errors.ts";
import { CtfOutput, LOOK_MS } from "./trace_writer.ts";
import type { ChunkRules } from "./chunk_size.ts";
import type { Part } from "./stream_file.ts";
import { TraceFolder } from "./recorder_folder.ts";
import type { RegionWork } from "../regions/region_work.ts";
import { consumerStart, type OpenRegion } from "../regions/attachment.ts";
import {
  type Kind,
  Session,
  type SessionSettings,
  type Task,
} from "../regions/session.ts";
import type { Consumer } from "../regions/consumer.ts";

/** What is recorded, where, and how much of it. */
export interface RecordSettings extends SessionSettings {
  /** The folder of the traces; new, or empty. */
  readonly root: string;
  /** When new chunks begin; undefined for one chunk without end. */
  readonly chunks?: ChunkRules;
  /** How many records of all objects together; undefined for all that come. */
  readonly count?: number;
  /** The time until recording ends, in ms; undefined for no end. */
  readonly durationMs?: number;
}

/**
 * Records until it ends.
 *
 * @returns What was counted.
 * @throws What `follow` and `CtfOutput` throw.
 */
export async function recordRegions(
  libc: Libc,
  settings: RecordSettings,
): Promise<Readonly<Totals>> {
  const { targets, messages, once, count, durationMs } = settings;
  const quota = { left: count ?? Infinity };
  if (once) namesNow(libc, targets); // throws before anything is made
  using outputs = new Outputs(libc, settings);
  const batch = recordingBatch();
  const begin = ({ name }: Kind): Task => {
    const totals = new Totals();
    const open: OpenRegion = (buffer, consumer) => {
      const output = outputs.of(name);
      output.onGone = (gone) => outputs.gone(totals, gone);
      const recorder = new RegionRecorder(buffer, totals, {
        batch,
        quota,
        rotates: (bytes) => output.rotates(bytes),
        session: output.nextSession,
        cursor: consumerStart(buffer, consumer),
      });
      complainOfDoubts(name, recorder.doubts);
      const notes = new GuestNotes(name, messages);
      return recording(recorder, output, { quota, consumer, notes });
    };
    return { totals, open };
  };
  using session = new Session(libc, settings, begin, durationMs);
  const { regions } = session;
  await session.follow({
    ended: false,
    full: false,
    flush: () => {
      if (quota.left === 0) session.end();
      outputs.look();
      regions.written();
      return Promise.resolve();
    },
  });
  regions.end();
  outputs.end();
  return regions.totals();
}

function recording(
  recorder: RegionRecorder,
  output: CtfOutput,
  { quota, consumer, notes }: {
    quota: Readonly<{ left: number }>;
    consumer: Consumer | null;
    notes: GuestNotes;
  },
): RegionWork {
  notes.attached(recorder.region);
  let failed = false;
  const sink: PacketSink = (stream, packet, records) => {
    failed = true;
    output.write(stream, packet, records);
    failed = false;
  };
  return {
    get info() {
      return recorder.info;
    },
    get pulse() {
      const { state, reason, mode, heartbeat } = recorder.region;
      const driver = recorder.info.driverVersion;
      return { state, reason, mode, heartbeat, driver };
    },
    live: () => recorder.region.live(),
    round() {
      // Records that are read now would neither be recorded nor counted as
      // lost.
      if (quota.left === 0) return { more: false, busy: false, turned: false };
      failed = true;
      output.check();
      failed = false;
      const before = recorder.totals.records;
      const { more, reformatted } = recorder.drain(sink);
      const turned = reformatted && recorder.reattach(sink);
      if (turned) notes.attached(recorder.region);
      const busy = recorder.totals.records > before;
      const round = { more, busy, turned };
      if (!reformatted) return round;
      return { ...round, header: turned ? "changed" : "cleared" };
    },
    end: () => recorder.endHere(),
    written: () => consumer?.consumed(recorder.cursor(), recorder.info),
    finish: () => {
      // After a failed write nothing more is recorded.
      output.look(true);
      if (output.takeTurn()) recorder.rotate();
      if (!failed) recorder.finish(sink);
      output.close();
    },
  };
}

/**
 * Returns an object's name as the name of a folder. Memory without a name has
 * the path of its socket instead, whose slashes are encoded.
 */
function folderOf(name: string): string {
  return name.lastIndexOf("/") > 0
    ? encodeURIComponent(name)
    : shownText(shmName(name).slice(1));
}

/**
 * Tells whether a path exists. If that is unknown it counts as existing, and
 * opening it reports the error.
 */
function isThere(libc: Libc, path: string): boolean {
  try {
    return statPath(libc, path) !== null;
  } catch (error) {
    if (error instanceof SyscallError) return true;
    throw error;
  }
}

/**
 * The traces: those of a single object are in the folder itself, those of
 * several objects are in one folder each.
 */
class Outputs implements Disposable {
  readonly #libc: Libc;
  readonly #folder: TraceFolder;
  readonly #rules: ChunkRules | undefined;
  readonly #single: boolean;
  /** Whether the folder did not exist before. */
  readonly #made: boolean;
  readonly #byName = new Map<string, CtfOutput>();
  #gone = 0;
  #lookedMs = 0;

  /**
   * Makes the folder.
   *
   * @throws See `TraceFolder.open`.
   */
  constructor(libc: Libc, { root, chunks, targets }: RecordSettings) {
    this.#libc = libc;
    this.#made = !isThere(libc, root);
    this.#folder = TraceFolder.open(libc, root);
    this.#rules = chunks;
    this.#single = targets.single;
  }

  of(name: string): CtfOutput {
    let output = this.#byName.get(name);
    if (output === undefined) {
      const inside = this.#single ? "" : folderOf(name);
      const libc = this.#libc;
      output = new CtfOutput(libc, this.#folder, inside, this.#rules);
      this.#byName.set(name, output);
    }
    return output;
  }

  /** Checks once a second that the files being written are still there. */
  look(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    for (const output of this.#byName.values()) output.look();
  }

  /**
   * Subtracts records that are gone from the counts, and counts them as
   * unwritten.
   */
  gone(totals: Totals, { records, bytes }: Part): void {
    totals.records -= records;
    totals.bytes -= bytes;
    totals.unwritten += records;
    this.#gone += records;
  }

  /**
   * Reports at the end what is wrong with the traces.
   *
   * @throws {CommandError} if records are gone, or a trace cannot be read.
   */
  end(): void {
    const outputs = [...this.#byName.values()];
    const troubles = outputs.flatMap(({ spoilt }) => spoilt.left());
    if (this.#gone > 0) {
      troubles.unshift(
        `${this.#folder.path}: ${this.#gone} records that were recorded have ` +
          "been removed or cut off",
      );
    }
    if (troubles.length > 0) throw new CommandError(troubles.join("; "));
  }

  [Symbol.dispose](): void {
    for (const output of this.#byName.values()) output.close();
    if (this.#made && this.#byName.size === 0) this.#removeFolder();
    this.#folder[Symbol.dispose]();
  }

  /** Removes the folder, in which nothing was begun. */
  #removeFolder(): void {
    try {
      Deno.removeSync(this.#folder.path); // only if it is empty
    } catch {
      // Somebody else put something there, or removed it.
    }
  }
}
