// SPDX-License-Identifier: MIT
/**
 * Recording regions: validated blocks, copied into CTF traces on disk.
 *
 * @module
 */
import { Libc } from "../ffi/libc.ts";
import { shmName } from "../ffi/shm_object.ts";
import {
  type PacketSink,
  recordingBatch,
  RegionRecorder,
} from "../ring/ctf/recorder.ts";
import { Totals } from "../ring/totals.ts";
import { follow } from "./regions/follow.ts";
import { Messages } from "./messages.ts";
import { objectRules } from "./regions/objects.ts";
import type { OptionValues } from "./options.ts";
import { type ChunkRules, CtfOutput } from "./outputs/ctf.ts";
import { RegionLife } from "./regions/region_life.ts";
import type { RegionWork } from "./regions/region_work.ts";
import { Regions } from "./regions/regions.ts";
import { StopSignals } from "./signals.ts";
import { consumerStart } from "./regions/attachment.ts";
import type { Consumer } from "./regions/consumer.ts";
import { openServers, servedTargets } from "./regions/served_targets.ts";
import type { Targets } from "./regions/targets.ts";
import { FdWaiter, TimerWaiter } from "./regions/waiter.ts";

/** Where and how much is recorded. */
export interface RecordLimits {
  /** Folder of the traces; new, or empty. */
  readonly root: string;
  /** Null for one chunk without end. */
  readonly chunks: ChunkRules | null;
  /** Records, of all objects. */
  readonly count: number;
  /** Time until the end. */
  readonly durationMs: number;
}

/**
 * Records what the options name, until it ends.
 *
 * @param options Of the command; those it does not take have their defaults.
 * @throws As `follow` and `CtfOutput`.
 */
export async function recordRegions(
  options: OptionValues,
  targets: Targets,
  limits: RecordLimits,
): Promise<void> {
  const { once, lossless } = options;
  const quota = { left: limits.count };
  const messages = new Messages(options);
  using libc = new Libc();
  const objects = objectRules(libc, options);
  const served = servedTargets(options);
  using signals = new StopSignals();
  using outputs = new Outputs(limits, targets.single);
  await outputs.open(); // before the time begins
  using limit = new Limit(signals.stop, limits.durationMs);
  const { stop } = limit;
  const rules = { rules: objects, messages };
  using servers = openServers(libc, options, served, rules);
  using doorbells = servers && new FdWaiter(libc, servers, stop);
  const waiter = doorbells ?? new TimerWaiter(stop);
  const batch = recordingBatch();
  const image = options.image !== "";
  using regions = new Regions(libc, {
    ...{ ...targets, once, lossless, stop, messages },
    make: (kind) => {
      const totals = new Totals();
      const open = (
        buffer: ArrayBuffer,
        consumer: Consumer | null,
      ): RegionWork => {
        const output = outputs.of(kind.name);
        const rotates = (bytes: number) => output.rotates(bytes);
        const recorder = new RegionRecorder(buffer, totals, {
          ...{ batch, quota, rotates, session: output.nextSession },
          cursor: consumerStart(buffer, consumer),
        });
        return recording(recorder, output, { quota, consumer });
      };
      const life = {
        ...{ rules: objects, once, lossless, messages, stop, totals, open },
      };
      const service = servers?.of(kind.name);
      return new RegionLife(libc, { ...life, ...kind, ...service, image });
    },
  });
  await follow(regions, {
    ended: false,
    full: false,
    flush: () => {
      if (quota.left === 0) limit.reached();
      regions.written();
      return Promise.resolve();
    },
  }, { waiter, messages, exitOnLoss: false });
  regions.end();
}

function recording(
  recorder: RegionRecorder,
  output: CtfOutput,
  { quota, consumer }: {
    quota: Readonly<{ left: number }>;
    consumer: Consumer | null;
  },
): RegionWork {
  const sink: PacketSink = (stream, packet) =>
    output.write(stream, packet, recorder.info);
  return {
    get info() {
      return recorder.info;
    },
    get pulse() {
      return recorder.pulse;
    },
    round() {
      // What would be read now would neither be recorded nor lost.
      if (quota.left === 0) return { more: false, busy: false, turned: false };
      const before = recorder.totals.records;
      const { more, reformatted } = recorder.drain(sink);
      const turned = reformatted && recorder.reattach(sink);
      return { more, busy: recorder.totals.records > before, turned };
    },
    written: () => consumer?.consumed(recorder.cursor(), recorder.info),
    finish: () => {
      recorder.finish(sink);
      output.close();
    },
  };
}

/** Aborted by a signal, after a while, or when enough is recorded. */
class Limit implements Disposable {
  readonly stop: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: number | undefined;

  constructor(stop: AbortSignal, afterMs: number) {
    this.stop = AbortSignal.any([stop, this.#controller.signal]);
    if (afterMs < Infinity) {
      this.#timer = setTimeout(() => this.reached(), afterMs);
    }
  }

  reached(): void {
    this.#controller.abort();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** With one slash, in front; memory without a name goes by its socket's path. */
function folderOf(name: string): string {
  return name.lastIndexOf("/") > 0
    ? `/${encodeURIComponent(name)}`
    : shmName(name);
}

/** The traces: of one object in the folder itself, of many in one each. */
class Outputs implements Disposable {
  readonly #root: CtfOutput;
  readonly #path: string;
  readonly #rules: ChunkRules | null;
  readonly #single: boolean;
  readonly #byName = new Map<string, CtfOutput>();

  constructor({ root, chunks }: RecordLimits, single: boolean) {
    this.#path = root;
    this.#single = single;
    this.#rules = chunks;
    this.#root = new CtfOutput(root, chunks);
  }

  open(): Promise<void> {
    return this.#root.open();
  }

  of(name: string): CtfOutput {
    if (this.#single) return this.#root;
    let output = this.#byName.get(name);
    if (output === undefined) {
      output = new CtfOutput(`${this.#path}${folderOf(name)}`, this.#rules);
      this.#byName.set(name, output);
    }
    return output;
  }

  [Symbol.dispose](): void {
    this.#root.close();
    for (const output of this.#byName.values()) output.close();
  }
}
