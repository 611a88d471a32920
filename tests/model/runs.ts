// SPDX-License-Identifier: MIT
/**
 * Lists the runs of the models: proofs, in which no error may be found, and
 * controls, each with one rule left out, in which an error must be found.
 *
 * @module
 */

/** One run of Spin. */
export interface ModelRun {
  /** The run's name, which for a control is the macro that leaves the rule out. */
  name: string;
  /** The model, `tests/model/NAME.pml`. */
  model: "ring" | "stamp" | "doorbell";
  /** Macros to define, which the model explains: sizes and situation. */
  defines: string[];
  /** Whether an assertion has to fail. */
  control: boolean;
  /** Whether it belongs to the subset that takes a minute. */
  fast: boolean;
}

const proof = (
  name: string,
  model: ModelRun["model"],
  defines: string,
  fast = false,
): ModelRun => ({
  name,
  model,
  defines: defines.split(" "),
  control: false,
  fast,
});

const control = (
  name: string,
  model: ModelRun["model"],
  defines: string,
  fast = true,
): ModelRun => ({
  name,
  model,
  defines: [...defines.split(" "), name],
  control: true,
  fast,
});

/** The fewest levels that show most mistakes: an NMI at any step of a write. */
const NESTED = "TASK=1 NMI=1";
/** Two blocks only, so that the ring is soon full of uncommitted records. */
const DROPPING = "TASK=1 NMI=2 BLOCKS=2";
/** A reader for which the writer waits. */
const LOSSLESS = "TASK=2 NMI=0 LOSSLESS";
/** A task that never resumes, and an interrupt that takes over. */
const PANIC = "TASK=1 IRQ=1 NMI=0 PANIC";
/** Three levels, two records each, and a clock with values from 0 to 2. */
const TIMES = "RECORDS=2 TIMES=2";
/** The same, but each record may be dropped, and time stands still. */
const DISCARDS = "RECORDS=2 TIMES=0 DISCARDS";

/** Two CPUs with a ring each, and a host that sleeps. */
const BELL = "RECORDS=2";

/** All runs, proofs first, in the order of the rules in `PROTOCOL.md`. */
export const RUNS: readonly ModelRun[] = [
  proof("nested", "ring", NESTED, true),
  proof("nested-twice", "ring", "TASK=2 NMI=1"),
  proof("three-levels", "ring", "TASK=1 IRQ=1 NMI=1"),
  proof("longer-blocks", "ring", "TASK=1 NMI=1 CELLS=3"),
  proof("four-blocks", "ring", "TASK=1 NMI=2 BLOCKS=4"),
  proof("dropping", "ring", DROPPING),
  proof("new-session", "ring", "TASK=2 NMI=1 EMPTY", true),
  proof("lossless", "ring", LOSSLESS, true),
  proof("lossless-nested", "ring", "TASK=2 NMI=1 LOSSLESS"),
  proof("lossless-lied-to", "ring", "TASK=1 NMI=1 LOSSLESS WILD"),
  proof("any-store-order", "ring", "TASK=1 NMI=0 RELAXED"),
  proof("panic", "ring", "TASK=1 IRQ=0 NMI=0 PANIC", true),
  proof("panic-writes-on", "ring", PANIC),
  proof("panic-nmi", "ring", "TASK=1 IRQ=0 NMI=1 PANIC"),
  proof("reboot", "ring", "TASK=2 IRQ=1 NMI=0 PANIC REBOOT"),
  proof("reboot-nmi", "ring", "TASK=1 IRQ=0 NMI=1 PANIC REBOOT"),
  proof("times", "stamp", TIMES, true),
  proof("times-longer", "stamp", "RECORDS=3 TIMES=3"),
  proof("discards", "stamp", DISCARDS, true),
  proof("doorbell", "doorbell", "RECORDS=1", true),
  proof("doorbell-longer", "doorbell", BELL),
  proof("doorbell-fenced", "doorbell", `${BELL} FENCED FOREVER`, true),

  control("PLAINCLAIM", "ring", NESTED),
  control("NOCLAMP", "stamp", TIMES),
  control("TIMEFIRST", "stamp", TIMES),
  control("RAISELATE", "stamp", TIMES),
  control("PLAINRAISE", "stamp", TIMES),
  control("NOSELF", "ring", NESTED),
  control("NOPREV", "ring", NESTED),
  control("OPENRESET", "ring", NESTED),
  control("DROPSFIRST", "stamp", DISCARDS),
  control("NODROP", "ring", DROPPING),
  control("PLAINDROP", "ring", DROPPING),
  control("DECFIRST", "ring", NESTED),
  control("NOAGAIN", "ring", NESTED),
  control("NODROPMARK", "ring", "TASK=1 NMI=3 BLOCKS=2"),
  control("MARKLATE", "ring", NESTED),
  control("SHAREDFIRST", "ring", PANIC),
  control("SEQLAST", "ring", `${PANIC} REBOOT`),
  control("NOLOSSLESS", "ring", LOSSLESS),
  control("GIVEFIRST", "ring", LOSSLESS),
  control("NAIVE", "ring", PANIC),
  control("TAKELATE", "ring", "TASK=1 IRQ=0 NMI=1 PANIC"),
  control("READBACK", "ring", "TASK=1 NMI=1 RELAXED", false),
  control("NOCHECK", "ring", NESTED),
  control("CHANGED", "ring", NESTED),
  control("CLOSEDGE", "ring", NESTED),
  control("OPENFIELD", "ring", NESTED),
  control("FOREVER", "doorbell", BELL),
  control("LOOKFIRST", "doorbell", `${BELL} FENCED FOREVER`),
  control("ARMFIRST", "doorbell", BELL),
  control("PLAINRING", "doorbell", BELL),
  control("NOWMB", "ring", "TASK=1 NMI=0 RELAXED", false),
  control("NORELEASE", "ring", "TASK=1 NMI=0 RELAXED"),
  control("LATECOMMIT", "ring", NESTED),
  control("EARLYCHECK", "ring", NESTED),
];
