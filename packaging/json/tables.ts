// SPDX-License-Identifier: MIT
/**
 * What `list --json` and `info --json` print: one line for each object. A test
 * compares what they print with this description (tests/docs/json_test.ts).
 *
 * @module
 */
import { CLOCKS } from "../../cli/printing/region_info.ts";
import type { GuestClaims } from "../../cli/regions/guest_claims.ts";
import type { Sighted } from "../../cli/regions/look_twice.ts";
import { SYMBOL_STATES } from "../../ring/symbols/symbol_summary.ts";
import { GONE, GUEST_STATES, MODES, REASONS } from "../../ring/state_names.ts";
import {
  COUNT,
  DIGITS,
  member,
  NUMBER,
  object,
  oneOf,
  orNull,
  type Schema,
  SESSION,
  TEXT,
  wordFor,
} from "./shape.ts";

const GUEST: Schema = object<GuestClaims>({
  name: member(
    TEXT,
    "The guest's name as it is now; empty if the guest does not say it.",
  ),
  kernel: member(TEXT, "The release of its kernel."),
  driver: member(
    TEXT,
    "The version of its driver; empty for drivers that write version 1.0 of the memory's layout.",
  ),
});

const FUNCTIONS: Schema = object({
  state: member(
    oneOf(SYMBOL_STATES),
    "`complete` if all are published; `partial` if only those with the lowest addresses found room; `no room` if none did; `hidden` if the guest's kernel shows no addresses.",
  ),
  count: member(COUNT, "How many there are."),
  needed: member(
    COUNT,
    "How many bytes of the metadata area the names of all take.",
  ),
  stext: member(
    orNull(TEXT),
    "The address of `_stext`, which says where the kernel lies, in hexadecimal; null if it is not published.",
  ),
});

/** A line of `list --json`. */
export const LIST: Schema = object<Sighted>({
  object: member(TEXT, "The name of the shared memory object."),
  bytes: member(COUNT, "Its size."),
  state: member(
    wordFor([...GUEST_STATES, GONE, "unformatted", "refused"], "state"),
    "The guest's state; `gone` if the object vanished while it was looked at; `unformatted` if no driver has written to it yet; `refused` if it is not read, for the reason that `problem` gives; `state N` for a number that this reader does not know.",
  ),
  age: member(
    orNull(COUNT),
    "For how many seconds there was no heartbeat, by the guest's clock and this host's; 0 if the heart beats; null where it is not known.",
  ),
  rate: member(
    orNull(COUNT),
    "How many records the guest writes in a second, in all rings together; null where there is nothing to read, or where a guest claims 2^53 or more.",
  ),
  guest: member(
    orNull(GUEST),
    "What the guest claims to be; null where there is nothing to read.",
  ),
  panic: member(
    orNull(TEXT),
    "The text that its kernel panicked with, as the guest claims; null if there is none.",
  ),
  problem: member(orNull(TEXT), "Why the object is not read, else null."),
});

/** A position in a ring, or a number of records. */
const KNOWN = orNull(COUNT);

const RING: Schema = object({
  ring: member(COUNT, "The ring's number."),
  kind: member(oneOf(["kernel log", "trace"]), "What is written to it."),
  cpu: member(
    KNOWN,
    "The CPU that writes to it; null for the ring of the kernel log.",
  ),
  bytes: member(COUNT, "Its size."),
  position: member(
    KNOWN,
    "Where the ring has been written to, in bytes since the session began.",
  ),
  records: member(KNOWN, "How many records were written in this session."),
  drops: member(
    KNOWN,
    "How many records the guest has refused in this session.",
  ),
  oldest: member(
    KNOWN,
    "Where the oldest data that can still be read begins, in bytes since the session began.",
  ),
  missed: member(KNOWN, "How many records are older than that."),
  consumed: member(
    KNOWN,
    "What lies before this position, the guest may overwrite even with `mode=lossless`; null if no consumer of this session has said so.",
  ),
  lag: member(
    KNOWN,
    "How many bytes were written and not consumed yet; null where that is not known.",
  ),
});

/** A line of `info --json`. */
export const INFO: Schema = object({
  object: member(TEXT, "The name of the shared memory object, or of the file."),
  bytes: member(COUNT, "Its size."),
  abi: member(
    { type: "string", pattern: "^[0-9]+\\.[0-9]+$" },
    "The version of the memory's layout.",
  ),
  region: member(COUNT, "How many of these bytes the guest uses."),
  blockBytes: member(
    COUNT,
    "The size of the blocks that the rings consist of.",
  ),
  session: member(
    SESSION,
    "Changes whenever the guest formats its rings anew.",
  ),
  boot: member(
    { type: "string", pattern: "^[0-9a-f]{32}$" },
    "Changes whenever the driver starts; 32 hexadecimal digits.",
  ),
  epoch: member(COUNT, "Counts the driver's starts within the session."),
  guest: member(GUEST, "What the guest claims to be."),
  clock: member(
    object({
      id: member(
        wordFor(Object.values(CLOCKS), ""),
        "Which clock it is; a number if this reader does not know it.",
      ),
      hz: member(COUNT, "Its ticks in a second; 0 if there is no clock."),
      base: member(DIGITS, "Its ticks when the driver started."),
      utcBaseNs: member(
        DIGITS,
        "The time in UTC at these ticks, as the guest claims, in nanoseconds since 1970.",
      ),
      driftNs: member(
        orNull(NUMBER),
        "How far UTC has gone from this clock since then, in nanoseconds; a string of digits if it is 2^53 or more away from 0, as after a guest that began in 1970 has learnt the time; null where one of them is not known.",
      ),
    }),
    "The clock that the rings' timestamps are of.",
  ),
  live: member(
    object({
      state: member(
        wordFor(GUEST_STATES, "state"),
        "The guest's state; `state N` for a number that this reader does not know.",
      ),
      reason: member(
        wordFor(Object.values(REASONS), "reason"),
        "Why the driver last wrote out the kernel log in a hurry; `reason N` for a number that this reader does not know.",
      ),
      panic: member(
        orNull(TEXT),
        "The text that the kernel panicked with, as the guest claims; null if there is none.",
      ),
      heartbeats: member(DIGITS, "How many heartbeats there have been."),
      age: member(
        KNOWN,
        "For how many seconds there was no heartbeat, by the guest's clock and this host's; null where it is not known.",
      ),
      mode: member(
        wordFor(Object.values(MODES), "mode"),
        "What the guest does when a ring is full; `mode N` for a number that this reader does not know.",
      ),
      doorbells: member(
        DIGITS,
        "How often the guest has rung the doorbell since its driver started.",
      ),
    }),
    "What the driver last said.",
  ),
  consumer: member(
    orNull(object({
      session: member(SESSION, "The session in which it consumed."),
      beat: member(DIGITS, "Changes about once a second while it lives."),
    })),
    "What the last reader with `--lossless` has said; null if there was none.",
  ),
  rings: member(
    { type: "array", items: RING },
    "The rings. In each, null stands for a number that no honest guest has.",
  ),
  events: member(
    object({
      described: member(
        COUNT,
        "How many formats of kernel events the driver's start has published.",
      ),
      problems: member(
        {
          type: "array",
          items: object({
            event: member(TEXT, "SYSTEM:NAME, or its number."),
            problems: member(
              { type: "array", items: TEXT },
              "What was not understood, in words.",
            ),
          }),
        },
        "The events of which something was not understood: its fields are printed by name.",
      ),
    }),
    "The guest's kernel events.",
  ),
  metadata: member(
    {
      type: "array",
      items: object({
        epoch: member(COUNT, "The driver's start that it holds texts of."),
        bytes: member(COUNT, "Its size."),
        used: member(
          KNOWN,
          "How much of it is in use; null for a number that no honest guest has.",
        ),
        refused: member(COUNT, "How many texts found no room."),
        functions: member(
          orNull(FUNCTIONS),
          "What the guest says of the names of its kernel's functions; null if it published nothing about them.",
        ),
      }),
    },
    "The parts of the area that describes kernel events; none if there is no such area.",
  ),
});
