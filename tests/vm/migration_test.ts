// SPDX-License-Identifier: MIT
// A guest moves from QEMU to QEMU while it writes, with a reader on each side.
// The readers together deliver what the guest wrote.
import { assert, assertEquals } from "@std/assert";
import { ReaderProgram } from "../support/reader_program.ts";
import { readIfThere, TempFolder, until } from "../support/temp_folder.ts";
import type { Built } from "./build.ts";
import { Machine } from "./machine.ts";
import { CPUS, type RegionOptions } from "./qemu.ts";
import { figureOf } from "./reader_process.ts";
import { NEVER_MS, rings, Service } from "./served.ts";
import { checkStreams } from "./stream.ts";
import { guestFiles, LOAD, parseFigures, vmTest } from "./support.ts";

/** How often the guest moves. */
const RUNS = Number(Deno.env.get("IVRING_MIGRATION_RUNS") ?? 2);

/**
 * The region's size, of which each ring gets 12 MiB. The guest writes less than
 * 4 MiB a second, and a handover takes some seconds on a loaded machine.
 */
const REGION_BYTES = 64 << 20;

/**
 * How many messages a CPU's writer writes before it pauses for 1 ms or more.
 */
const AT_ONCE = 4;

/** Writes on every CPU until a file exists, and then prints what each wrote. */
const WRITERS = `(for c in 0 1 2 3; do ` +
  `./ivtest until $c /tmp/stop ${AT_ONCE} > /tmp/user$c & done; wait; ` +
  `touch /tmp/done) > /dev/null 2>&1 &`;
const STOP = "touch /tmp/stop; while [ ! -e /tmp/done ]; do sleep 0.1; done; " +
  "cat /tmp/user*";

/** One line of `--format json`. */
interface Line {
  readonly cpu: number | null;
  readonly seq: number;
  readonly clock: string;
  readonly event: string;
  readonly timestamp: string;
  readonly message: string;
}

/** A QEMU's region and its reader, which may have to wait for a cursor. */
class Side implements Disposable {
  readonly region: RegionOptions;
  readonly #log: string;
  readonly #cursor: string;
  readonly #service: Service | null;
  #reader: ReaderProgram | null = null;

  /** @param wiring How the region is attached to the guest. */
  constructor(
    readonly folder: TempFolder,
    readonly number: number,
    wiring: "plain" | "doorbell",
  ) {
    this.#log = folder.at(`log-${number}`);
    this.#cursor = folder.at(`cursor-${number}`);
    this.#service = wiring === "doorbell" ? new Service(REGION_BYTES) : null;
    this.region = this.#service?.region ?? {
      bytes: REGION_BYTES,
      name: `ivring-vm-side-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`,
    };
  }

  /** @param further Further arguments, such as "--incoming". */
  async start(...further: string[]): Promise<void> {
    const args = [
      ...["--format", "json", "-f", this.#log, "-S", "1024"],
      ...["--cursor-file", this.#cursor, ...further],
    ];
    this.#reader = this.#service === null
      ? new ReaderProgram("-s", this.region.name!, ...args)
      : await this.#service.start("--max-delay", `${NEVER_MS}`, ...args);
  }

  /**
   * Ends the reader when everything is read.
   *
   * @throws {Error} if anything was not.
   */
  async end(): Promise<void> {
    await using reader = this.#reader!;
    reader.kill("SIGTERM");
    const said = (await reader.stderr.rest()).join("\n");
    assertEquals(await reader.ended(), 0, said);
    for (const name of ["lost", "dropped", "corrupt", "missed", "truncated"]) {
      assertEquals(figureOf(said, name), 0, said);
    }
  }

  /** Passes the cursor, from which the next reader goes on. */
  handOver(to: Side): void {
    // The cursor must be complete once it is there.
    Deno.copyFileSync(this.#cursor, `${to.#cursor}.new`);
    Deno.renameSync(`${to.#cursor}.new`, to.#cursor);
  }

  /** Whether anything was read. */
  get hasRead(): boolean {
    return readIfThere(this.#log) !== "";
  }

  lines(): Line[] {
    // The side that the guest leaves reports that the guest no longer runs.
    return readIfThere(this.#log).trimEnd().split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event !== "guest");
  }

  /** Waits until the guest writes and the reader reads. */
  async flows(): Promise<void> {
    const bytes = () => statBytes(this.#log);
    const before = bytes();
    await until("records", () => bytes() > before + (1 << 20));
  }

  /** Removes the socket. */
  [Symbol.dispose](): void {
    this.#service?.[Symbol.dispose]();
  }
}

function statBytes(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/**
 * Checks that every ring's records come in a row, whichever side delivered
 * them.
 */
function checkRings(sides: readonly Side[]): Line[] {
  const last = new Map<number | null, Line>();
  const all: Line[] = [];
  for (const side of sides) {
    const came = new Map<number | null, number>();
    for (const line of side.lines()) {
      const before = last.get(line.cpu);
      const where = `CPU ${line.cpu} seq ${line.seq}, side ${side.number}`;
      if (before !== undefined) {
        assert(line.seq > before.seq, `${where}: came twice`);
        // Messages of the kernel log have its own timestamps.
        if (line.cpu !== null) {
          assert(BigInt(line.clock) >= BigInt(before.clock), `${where}: clock`);
          assert(line.timestamp >= before.timestamp, `${where}: timestamp`);
        }
      }
      last.set(line.cpu, line);
      all.push(line);
      came.set(line.cpu, (came.get(line.cpu) ?? 0) + 1);
    }
    for (let cpu = 0; cpu < CPUS; cpu++) {
      assert((came.get(cpu) ?? 0) > 0, `CPU ${cpu}, side ${side.number}`);
    }
  }
  return all;
}

async function moves(built: Built, wiring: "plain" | "doorbell") {
  using stack = new DisposableStack();
  const folder = stack.use(new TempFolder());
  const sides = [stack.use(new Side(folder, 0, wiring))];
  const downtimes: number[] = [];
  let figures: ReturnType<typeof parseFigures>;
  if (wiring === "doorbell") await sides[0].start();
  let machine = await Machine.start({
    regions: [sides[0].region],
    migrates: true,
    files: guestFiles(built),
  });
  try {
    await machine.run(LOAD);
    if (wiring === "plain") await sides[0].start();
    await machine.run(WRITERS);
    while (sides.length <= RUNS) {
      const source = sides.at(-1)!;
      await source.flows();
      const next = stack.use(new Side(folder, sides.length, wiring));
      sides.push(next);
      await next.start("--incoming");
      const { there, account } = await machine.migrate([next.region]);
      const here = machine;
      machine = there;
      downtimes.push(Number(/downtime: (\d+) /.exec(account)?.[1]));
      await source.end();
      await here[Symbol.asyncDispose]();
      assert(!next.hasRead, "it waits for the cursor");
      source.handOver(next);
    }
    const rung = await rings(machine);
    await sides[RUNS].flows();
    // The guest rings, although the reader that armed the doorbell has never
    // seen it before.
    if (wiring === "doorbell") {
      await until("rung", async () => await rings(machine) > rung);
    }
    figures = parseFigures(await machine.run(STOP));
    await sides[RUNS].end();
    assertEquals(await machine.faults(), []);
  } finally {
    await machine[Symbol.asyncDispose]();
  }

  const lines = checkRings(sides);
  const found = checkStreams(
    lines.filter(({ event }) => event === "message")
      .map(({ cpu, seq, message }) => ({
        cpu: cpu!,
        seq,
        text: `${message}\n`,
      })),
  );
  assertEquals(figures.length, CPUS);
  let written = 0, bytes = 0;
  for (const { cpu, user, bytes: own } of figures) {
    assertEquals(found.next.get(`${cpu} user`), user);
    written += user;
    bytes += own;
  }
  assertEquals([found.messages, found.bytes], [written, bytes]);
  console.log(
    `  ${written} messages, ${bytes} bytes, each once across ${RUNS + 1} ` +
      `readers; QEMU's downtimes ${downtimes.join(", ")} ms`,
  );
}

for (const wiring of ["plain", "doorbell"] as const) {
  vmTest(
    `a guest moves while it writes: ${wiring}`,
    (built) => moves(built, wiring),
  );
}
