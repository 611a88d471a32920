// SPDX-License-Identifier: MIT
/**
 * Runs jobs in parallel, and shows their output one after the other.
 *
 * @module
 */

/** A job, which passes on its output line by line. */
export type Job<T> = (say: (line: string) => void) => Promise<T>;

/**
 * Runs jobs, which are started in their order. The output of the first job that
 * has not ended is shown at once; that of the others is held until it is their
 * turn.
 *
 * @param lanes The most jobs that run at a time.
 * @param show Shows a line.
 * @returns The jobs' results, in their order.
 */
export async function inLanes<T>(
  jobs: readonly Job<T>[],
  lanes: number,
  show: (line: string) => void,
): Promise<T[]> {
  const results: T[] = [];
  const held: string[][] = jobs.map(() => []);
  const ended = jobs.map(() => false);
  let shown = 0;
  let begun = 0;
  const say = (i: number, line: string) => {
    if (i === shown) show(line);
    else held[i].push(line);
  };
  const end = (i: number) => {
    ended[i] = true;
    while (ended[shown] && ++shown < jobs.length) {
      for (const line of held[shown]) show(line);
    }
  };
  const lane = async () => {
    while (begun < jobs.length) {
      const i = begun++;
      try {
        results[i] = await jobs[i]((line) => say(i, line));
      } finally {
        end(i);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
