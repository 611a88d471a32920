// SPDX-License-Identifier: MIT
// The guest clears its header, for a moment or for long: between two reads of
// it, while the region is read once, and while it is followed.
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CommandError } from "../../cli/errors.ts";
import { QUIET } from "../../cli/console/messages.ts";
import { consumerStart } from "../../cli/regions/attachment.ts";
import type { Consumer } from "../../cli/regions/consumer.ts";
import { standsStill } from "../../cli/regions/heartbeat_check.ts";
import type { ObjectRules } from "../../cli/regions/objects.ts";
import { RegionLife } from "../../cli/regions/region_life.ts";
import type { RegionWork, Round } from "../../cli/regions/region_work.ts";
import { Missing, tryAttach } from "../../cli/regions/attach_region.ts";
import { Sighting } from "../../cli/regions/look_twice.ts";
import { Libc } from "../../ffi/libc.ts";
import { ownUid } from "../../ffi/user.ts";
import { RingUnformattedError } from "../../ring/errors.ts";
import { readHeader } from "../../ring/header.ts";
import { ABI, REGION_HEADER } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { Snapshot } from "../../ring/region_snapshot.ts";
import { Totals } from "../../ring/totals.ts";
import { Guest } from "../support/guest.ts";
import { ReaderProgram, runReader } from "../support/reader_program.ts";
import { makeRegion, say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Toggler } from "../support/toggler.ts";

function rulesOf(libc: Libc): ObjectRules {
  return { owners: new Set([0, ownUid(libc)]), leastBytes: 0, make: null };
}

function setMagic(buffer: ArrayBuffer, magic: bigint): void {
  new DataView(buffer).setBigUint64(REGION_HEADER.magic, magic, true);
}

Deno.test("a header that is gone when it is read again is a missing one", () => {
  using guest = new Guest();
  using libc = new Libc();
  const { name } = guest;
  const found = tryAttach(
    libc,
    { name, rules: rulesOf(libc), messages: QUIET },
    ({ buffer }) => {
      setMagic(guest.object.buffer, 0n);
      return new RegionReader(buffer);
    },
  );
  assert(found instanceof Missing);
  assertEquals(found.text, `no guest has formatted ${name} yet`);
});

Deno.test("a consumer never begins without the header that says where", () => {
  const { buffer } = makeRegion();
  setMagic(buffer, 0n);
  const consumer = { begin: () => null } as unknown as Consumer;
  assertThrows(() => consumerStart(buffer, consumer), RingUnformattedError);
});

Deno.test("a snapshot has the header that was validated, or there is none", () => {
  const { buffer, writer } = makeRegion();
  say(writer, 0, "here");
  let looks = 0;
  // The copy of the header is the last thing that is taken from the region.
  const clearing = new Proxy(Uint8Array.prototype.set, {
    apply(set, target, [from, ...rest]) {
      const isHeader = from.buffer === buffer &&
        from.length === REGION_HEADER.size;
      if (isHeader && looks++ === 0) setMagic(buffer, 0n);
      return Reflect.apply(set, target, [from, ...rest]);
    },
  });
  const { set } = Uint8Array.prototype;
  Uint8Array.prototype.set = clearing;
  try {
    assertEquals(Snapshot.of(buffer), null);
  } finally {
    Uint8Array.prototype.set = set;
  }
  assert(looks > 0);
  setMagic(buffer, ABI.MAGIC);
  assert(Snapshot.of(buffer) !== null);
});

Deno.test("looks at a guest that formats all the time end without an error", async () => {
  using guest = new Guest();
  using libc = new Libc();
  using toggler = new Toggler(guest.object.path, 0);
  await toggler.begun;
  const rules = rulesOf(libc);
  for (let i = 0; i < 500; i++) {
    assertEquals(await standsStill(libc, guest.name, rules), false);
    using seen = Sighting.of(libc, guest.name, rules);
    const { state } = seen!.look();
    assert(["running", "unformatted", "starting"].includes(state), state);
  }
});

Deno.test("reading once while a guest formats all the time: all of it, or an error", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  for (let i = 0; i < 20; i++) say(guest.writer, 0, `line ${i}\n`);
  using toggler = new Toggler(guest.object.path, 1);
  await toggler.begun;
  const { name } = guest;
  for (let i = 0; i < 3; i++) {
    const trace = folder.at(`trace${i}`);
    for (
      const [lines, ...args] of [
        [20, "dump", "-s", name],
        [3, "dump", "-s", name, "-n", "3"],
        [20, "-s", name, "--once"],
        [0, "record", "-s", name, "--once", "-o", trace],
      ] as [number, ...string[]][]
    ) {
      const { code, stdout, stderr } = await runReader(...args);
      if (code === 0) {
        assertEquals(stdout.split("\n").length - 1, lines, args.join(" "));
        if (lines === 0) assertMatch(stderr, /: 20 records/);
      } else {
        assertEquals(code, 1);
        assertMatch(stderr, /no guest has formatted|has cleared its header/);
      }
    }
  }
});

/** Makes the life of an object whose rounds return what the test says. */
function lifeOf(
  libc: Libc,
  guest: Guest,
  { once, rounds, notes }: {
    once: boolean;
    rounds: Iterator<Partial<Round>>;
    notes: string[];
  },
): RegionLife {
  const info = readHeader(guest.object.buffer)!;
  const work: RegionWork = {
    info,
    pulse: { state: 0, reason: 0, mode: 0, heartbeat: 0n, driver: "" },
    live: () => {
      throw new Error("not asked for");
    },
    round: () => ({
      ...{ more: false, busy: false, turned: false },
      ...rounds.next().value,
    }),
    end: () => {},
    finish: () => {},
  };
  return new RegionLife(libc, {
    ...{ name: guest.name, rules: rulesOf(libc), once, found: false },
    oneOfMany: false,
    messages: { note: (text: string) => notes.push(text) } as never,
    stop: new AbortController().signal,
    totals: new Totals(),
    open: () => work,
  });
}

/** Steps it until it is over, or until this time has passed. */
async function stepFor(life: RegionLife, ms: number): Promise<void> {
  const untilMs = performance.now() + ms;
  while (!life.over && performance.now() < untilMs) {
    life.step();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  life.close();
}

Deno.test("reading once goes on behind a header that was away for a moment", async () => {
  using guest = new Guest();
  using libc = new Libc();
  let read = 0;
  const rounds = (function* (): Generator<Partial<Round>> {
    for (let i = 0; i < 10; i++) yield { header: "cleared" };
    yield { header: "changed" };
    while (true) {
      read++;
      yield {};
    }
  })();
  const life = lifeOf(libc, guest, { once: true, rounds, notes: [] });
  await stepFor(life, 5000);
  assertEquals([life.over, life.failure, read], [true, null, 1]);
});

Deno.test("reading once ends with an error where the header stays away", async () => {
  using guest = new Guest();
  using libc = new Libc();
  const rounds = (function* (): Generator<Partial<Round>> {
    while (true) yield { header: "cleared" };
  })();
  const life = lifeOf(libc, guest, { once: true, rounds, notes: [] });
  await stepFor(life, 10_000);
  assert(life.over);
  assert(life.failure instanceof CommandError);
  assertMatch(life.failure.message, /the guest has cleared its header: try /);
});

Deno.test("a header that stays away is reported where reading goes on", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "before\n");
  await using reader = new ReaderProgram("-s", guest.name);
  assertEquals(await reader.stdout.next(), "before");
  setMagic(guest.object.buffer, 0n);
  await reader.stderr.until(
    `${guest.name}: the guest has cleared its header: waiting for another`,
  );
  setMagic(guest.object.buffer, ABI.MAGIC);
  say(guest.writer, 0, "behind it\n");
  assertEquals(await reader.stdout.next(), "behind it");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});
