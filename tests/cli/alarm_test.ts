// SPDX-License-Identifier: MIT
/** Tests when a region with a doorbell is looked at again. */
import { assert, assertEquals } from "@std/assert";
import { Alarm } from "../../cli/regions/alarm.ts";
import { HostPage } from "../../ring/host_page.ts";
import { HOST } from "../../ring/layout.ts";

/** An alarm, and what its guest sees of it. */
class Armed {
  connected = true;
  nowMs = 0;
  readonly doorbell = 0xff0000;
  readonly alarm: Alarm;
  readonly #buffer = new ArrayBuffer(4096);
  readonly #page = new HostPage(this.#buffer, 2);

  constructor(thresholdBytes = 0) {
    const rules = { thresholdBytes, maxDelayMs: 1000 };
    this.alarm = new Alarm(this, rules, () => this.nowMs);
  }

  /** Rings, while there is something to read. */
  rings(): void {
    this.alarm.ring();
    this.look(true);
  }

  look(busy: boolean): string {
    return this.alarm.looked(busy, this.connected ? this.#page : null);
  }

  word(offset: number): number {
    return new DataView(this.#buffer).getUint32(offset, true);
  }
}

Deno.test("alarm: armed when nothing is left, looked at once more, then asleep", () => {
  const it = new Armed(4096);
  it.alarm.ring();
  assertEquals(it.word(HOST.armed), 0);
  assertEquals([it.look(true), it.look(true)], ["again", "poll"]);
  assert(it.alarm.listens);
  assertEquals(it.word(HOST.armed), 0);
  assertEquals([it.look(false), it.look(false)], ["again", "sleep"]);
  assert(it.word(HOST.armed) !== 0);
  assertEquals(it.word(HOST.doorbell), it.doorbell);
  assertEquals(it.word(HOST.thresholdBytes), 4096);
});

Deno.test("alarm: once it rang it is armed with another value, else with the same", () => {
  const it = new Armed();
  const values = new Set<number>();
  for (let i = 0; i < 10; i++) {
    it.look(false);
    const value = it.word(HOST.armed);
    assert(!values.has(value) && value !== 0);
    values.add(value);
    for (let n = 0; n < 3; n++) it.look(false);
    assertEquals(it.word(HOST.armed), value);
    it.alarm.ring();
    it.look(true);
  }
  assertEquals([it.alarm.wakeups, it.alarm.hasRung], [10, false]);
});

Deno.test("alarm: who rings for nothing is not heard for a while", () => {
  const it = new Armed();
  for (const deafMs of [1, 2, 4, 8, 16, 32, 64, 100, 100]) {
    it.alarm.ring();
    assert(it.alarm.hasRung && it.alarm.listens);
    // The reader polls as if there were no alarm.
    assertEquals([it.look(false), it.look(false)], ["poll", "poll"]);
    it.nowMs += deafMs - 0.5;
    assertEquals([it.look(false), it.alarm.listens], ["poll", false]);
    it.nowMs += 0.5;
    assertEquals([it.look(false), it.alarm.listens], ["again", true]);
  }
  it.rings();
  it.alarm.ring();
  it.look(false);
  it.nowMs += 1;
  assert(it.alarm.listens);
});

Deno.test("alarm: what rings before there is anything to read is taken", () => {
  const it = new Armed();
  it.alarm.ring();
  assertEquals(it.alarm.looked(false, null), "poll");
  assert(!it.alarm.hasRung);
});

Deno.test("alarm: until it has rung once it is polled as well", () => {
  const it = new Armed();
  assertEquals([it.look(false), it.look(false)], ["again", "poll"]);
  it.rings();
  assertEquals([it.look(false), it.look(false)], ["again", "sleep"]);
});

Deno.test("alarm: two that should have rung and did not, and it is polled", () => {
  const it = new Armed();
  it.rings();
  for (const expected of ["sleep", "sleep", "poll"]) {
    assertEquals([it.look(false), it.look(false)], ["again", expected]);
    assertEquals(it.look(true), "poll");
  }
  // A record that was written between arming and the look needed no ring.
  it.rings();
  for (let i = 0; i < 5; i++) {
    assertEquals([it.look(false), it.look(true)], ["again", "poll"]);
  }
  assertEquals([it.look(false), it.look(false)], ["again", "sleep"]);
});

Deno.test("alarm: below a threshold silence is as it should be", () => {
  const it = new Armed(65536);
  it.rings();
  for (let i = 0; i < 5; i++) {
    assertEquals([it.look(false), it.look(false)], ["again", "sleep"]);
    assertEquals(it.look(true), "poll");
  }
});

Deno.test("alarm: with nobody there it is polled, and not armed", () => {
  const it = new Armed();
  it.alarm.ring();
  it.connected = false;
  assertEquals([it.look(false), it.look(false)], ["poll", "poll"]);
  assertEquals(it.word(HOST.armed), 0);
  it.connected = true;
  it.nowMs += 1;
  // This is somebody else, who may have no doorbell.
  assertEquals([it.look(false), it.look(false)], ["again", "poll"]);
});
