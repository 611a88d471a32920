// SPDX-License-Identifier: MIT
import { assertEquals } from "@std/assert";
import { inLanes, type Job } from "./lanes.ts";

/**
 * Makes jobs that print when they begin and end, and that end when the test
 * says.
 */
function someJobs(count: number) {
  const ends: (() => void)[] = [];
  let most = 0, running = 0;
  const jobs = Array.from({ length: count }, (_, i): Job<number> => {
    return async (say) => {
      most = Math.max(most, ++running);
      say(`${i} begins`);
      await new Promise<void>((resolve) => ends[i] = resolve);
      say(`${i} ends`);
      running--;
      return i;
    };
  });
  return { jobs, ends, most: () => most };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("jobs run beside each other and are shown in order", async () => {
  const { jobs, ends, most } = someJobs(3);
  const shown: string[] = [];
  // Takes all arguments, because it may print all of them, as console.log does.
  const show = (...given: unknown[]) => shown.push(given.join());
  const all = inLanes(jobs, 2, show);
  await turn();
  assertEquals(shown, ["0 begins"]);
  ends[1]();
  await turn();
  assertEquals(shown, ["0 begins"]);
  ends[0]();
  await turn();
  const first = ["0 begins", "0 ends", "1 begins", "1 ends", "2 begins"];
  assertEquals(shown, first);
  ends[2]();
  assertEquals(await all, [0, 1, 2]);
  assertEquals(shown, [...first, "2 ends"]);
  assertEquals(most(), 2);
});
