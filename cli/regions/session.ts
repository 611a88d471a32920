// SPDX-License-Identifier: MIT
/**
 * What every command that follows regions needs: signals, servers, a way to
 * sleep, and the regions themselves.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { Totals } from "../../ring/totals.ts";
import type { Messages } from "../console/messages.ts";
import { StopSignals } from "../signals.ts";
import type { OpenRegion } from "./attachment.ts";
import { follow, type FollowOutput } from "./main_loop.ts";
import type { ObjectRules } from "./objects.ts";
import { type LifeOptions, RegionLife } from "./region_life.ts";
import { Regions } from "./regions.ts";
import { Servers, type ServeRules } from "./servers.ts";
import type { Targets } from "./targets.ts";
import { FdWaiter, TimerWaiter, type Waiter } from "./sleep_until_ready.ts";

/** What is followed, and how. */
export interface SessionSettings {
  readonly targets: Targets;
  /** The rules that an object has to meet. */
  readonly rules: ObjectRules;
  /** What is served; undefined for nothing. */
  readonly serve?: ServeRules;
  /** Whether to end when what is there has been read. */
  readonly once: boolean;
  /** Whether guests learn what was consumed, and overwrite nothing else. */
  readonly lossless: boolean;
  readonly messages: Messages;
}

/** An object that is to be read. */
export type Kind = Pick<LifeOptions, "name" | "oneOfMany" | "found">;

/** What is done with one object. */
export interface Task extends Pick<LifeOptions, "late" | "stillMs" | "awaits"> {
  /** The counts of this object, and of others that take its place. */
  readonly totals: Totals;
  /** Begins the work on a region that is formatted. */
  readonly open: OpenRegion;
}

/** One command's regions, from its start to its end. */
export class Session implements Disposable {
  /** Aborted by a signal, after a while, or by `end`. */
  readonly stop: AbortSignal;
  /** The regions that are read. */
  readonly regions: Regions;
  readonly #stack: DisposableStack;
  readonly #settings: SessionSettings;
  readonly #ended = new AbortController();
  readonly #waiter: Waiter;

  /**
   * Begins to serve, and to listen for signals. Nothing is read yet.
   *
   * @param begin Called for each object before it is looked at.
   * @param durationMs The time after which it ends; undefined for never.
   * @throws What `Servers` throws.
   */
  constructor(
    libc: Libc,
    settings: SessionSettings,
    begin: (kind: Kind) => Task,
    durationMs?: number,
  ) {
    using stack = new DisposableStack();
    const { targets, serve, rules, messages, once, lossless } = settings;
    this.#settings = settings;
    const signals = stack.use(new StopSignals(libc));
    const stop = AbortSignal.any([signals.stop, this.#ended.signal]);
    this.stop = stop;
    if (durationMs !== undefined) {
      const timer = setTimeout(() => this.end(), durationMs);
      stack.defer(() => clearTimeout(timer));
    }
    const servers = serve === undefined
      ? null
      : stack.use(new Servers(libc, { ...serve, rules, messages }));
    this.#waiter = servers === null
      ? new TimerWaiter(stop)
      : stack.use(new FdWaiter(libc, servers, stop));
    const common = { rules, once, lossless, messages, stop };
    const image = targets.isCopy;
    const make = (kind: Kind) => {
      const service = servers?.of(kind.name);
      const task = begin(kind);
      return new RegionLife(libc, {
        ...common,
        ...kind,
        ...service,
        ...task,
        image,
      });
    };
    this.regions = stack.use(
      new Regions(libc, { ...targets, once, lossless, stop, messages, make }),
    );
    this.#stack = stack.move();
  }

  /** Ends the session soon, after a last round. */
  end(): void {
    this.#ended.abort();
  }

  /**
   * Follows the regions to their end.
   *
   * @param exitOnLoss Whether to end once a record is lost.
   * @throws What `follow` throws.
   */
  async follow(output: FollowOutput, exitOnLoss = false): Promise<void> {
    const { messages } = this.#settings;
    const options = { waiter: this.#waiter, messages, exitOnLoss };
    await follow(this.regions, output, options);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}
