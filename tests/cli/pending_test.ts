// SPDX-License-Identifier: MIT
// Tests which messages count as written, however the output takes them.
import { assertEquals } from "@std/assert";
import { PendingMessages } from "../../cli/printing/pending_messages.ts";
import { Random } from "../fuzz/random.ts";

/** A message as it was put in: owner, records, bytes of payload. */
type Message = [owner: number, records: number, payloadBytes: number];

/** The same queue as a plain list. */
class PlainQueue {
  readonly messages: { bytes: number; message: Message }[] = [];
  begun = 0;

  get bytes(): number {
    const sum = this.messages.reduce((all, { bytes }) => all + bytes, 0);
    return sum - this.begun;
  }

  written(count: number): void {
    this.begun += count;
    while (this.messages.length > 0 && this.messages[0].bytes <= this.begun) {
      this.begun -= this.messages.shift()!.bytes;
    }
  }
}

function fill(random: Random, queue: PendingMessages, plain: PlainQueue): void {
  const owner = random.below(3);
  if (random.oneIn(2)) {
    const records = random.oneIn(4) ? 3 : 1;
    const bytes = random.below(50);
    queue.push(bytes, records, bytes + 1, owner);
    plain.messages.push({ bytes, message: [owner, records, bytes + 1] });
    return;
  }
  const count = 1 + random.below(random.oneIn(8) ? 3000 : 5);
  const sizes = queue.room(count);
  const end = queue.end;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const bytes = random.below(30);
    sizes[end + 2 * i] = bytes;
    sizes[end + 2 * i + 1] = i;
    plain.messages.push({ bytes, message: [owner, 1, i] });
    sum += bytes;
  }
  queue.pushAll(count, sum, 1, owner);
}

for (let seed = 1; seed <= 40; seed++) {
  Deno.test(`what is not written is told, case ${seed}`, () => {
    const random = new Random(seed);
    const queue = new PendingMessages();
    const plain = new PlainQueue();
    for (let step = 0; step < 200; step++) {
      if (random.oneIn(3)) {
        const most = plain.bytes;
        const count = random.oneIn(4) ? most : random.below(most + 1);
        queue.written(count);
        plain.written(count);
      } else fill(random, queue, plain);
      assertEquals(queue.begunBytes, plain.begun);
    }
    const dropped: Message[] = [];
    queue.drop((...message) => dropped.push(message));
    assertEquals(dropped, plain.messages.map(({ message }) => message));
    assertEquals(queue.begunBytes, 0);
  });
}
