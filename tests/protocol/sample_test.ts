// SPDX-License-Identifier: MIT
/** Tests that the sample writer and reader in PROTOCOL.md are right. */
import { assert, assertEquals } from "@std/assert";
import { RegionReader } from "../../ring/region_reader.ts";
import { CHECKER, WRITER } from "../guest/sources.ts";
import { apply, type Change } from "../support/changes.ts";
import {
  ccTest,
  figures,
  ROOT,
  run,
  runOk,
  type Workbench,
} from "../tools/cc.ts";

const SAMPLES = ["sample_writer.h", "sample_reader.h"] as const;
type Sample = typeof SAMPLES[number];

const read = (path: string) => Deno.readTextFileSync(`${ROOT}/${path}`);

/** Returns what PROTOCOL.md has to show of a sample: all behind its includes. */
function shown(name: Sample): string {
  return read(`tests/protocol/${name}`).split(/^#include .*\n/m)[1].trim();
}

/** Returns whether a document shows a text as a block of code. */
function shows(document: string, text: string): boolean {
  return document.includes(`\n\`\`\`c\n${text}\n\`\`\`\n`);
}

for (const name of SAMPLES) {
  Deno.test(`PROTOCOL.md shows ${name}`, () => {
    const document = read("guest/PROTOCOL.md");
    assert(shown(name).length > 1000);
    assert(shows(document, shown(name)));
    const changed = document.replaceAll("packet_seq_num", "packet_seq");
    assert(!shows(changed, shown(name)), "a changed text is not seen");
  });
}

/** Compiles the samples, one of which may be changed. */
function compile(bench: Workbench, name?: Sample, change?: Change): string {
  const folder = Deno.makeTempDirSync({ dir: bench.dir });
  for (const file of [...SAMPLES, "sample.c"]) {
    const text = read(`tests/protocol/${file}`)
      .replaceAll('"../guest/', `"${ROOT}/tests/guest/`);
    const copy = file === name && change ? apply(text, change) : text;
    Deno.writeTextFileSync(`${folder}/${file}`, copy);
  }
  const sources = [`${folder}/sample.c`, "tests/guest/fixture.c"];
  const all = [...sources, ...CHECKER, ...WRITER];
  return bench.compile(crypto.randomUUID(), all, ["-O2"]);
}

/** Returns the payload that `check_fill()` makes of a sequence. */
function filled(seq: number, bytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  const key = Math.imul(seq, 0x85ebca6b) + 1;
  words.forEach((_, i) => words[i] = key + Math.imul(i, 0x9e3779b1));
  return new Uint8Array(words.buffer, 0, bytes);
}

ccTest(
  "what one sample or the driver writes, the other sample, the driver and ring/ read",
  {},
  (bench) => {
    const path = `${bench.dir}/region`;
    const found = figures(runOk(compile(bench), [path]));
    console.log("samples:", JSON.stringify(found));
    assert(found.driver_lost > 0 && found.storm_delivered > 0);

    const reader = new RegionReader(Deno.readFileSync(path).buffer);
    let next = -1;
    let more = true;
    while (more) {
      const round = reader.drain((view) => {
        if (view.ring.index !== 1) return;
        const { seq, payloadOffset: at, payloadBytes } = view;
        if (next >= 0) assertEquals(seq, next);
        next = seq + 1;
        const payload = view.bytes.subarray(at, at + payloadBytes);
        assertEquals(payload, filled(seq, payloadBytes));
      });
      more = round.more || round.held;
    }
    assertEquals(next, found.sample_written);
    assertEquals([reader.totals.corrupt, reader.totals.rewound], [0, 0]);
  },
);

/** Rules that a sample keeps, and for each the sample without it. */
const CONTROLS: readonly (readonly [
  rule: string,
  sample: Sample,
  find: string,
  replace: string,
])[] = [
  [
    "the copy is checked",
    "sample_reader.h",
    "->packet_seq_num) == block &&",
    "->packet_seq_num) &&",
  ],
  [
    "an exactly full block is not closed",
    "sample_reader.h",
    "P > (block + 1) * size",
    "P >= (block + 1) * size",
  ],
  [
    "there are as many blocks as slots, and no more",
    "sample_reader.h",
    "B - r->nr_blocks + 1 : 1",
    "B - r->nr_blocks + 2 : 1",
  ],
  [
    "the content ends without the padding",
    "sample_reader.h",
    "P - (commit & 7) -",
    "P -",
  ],
  [
    "the commit has the padding",
    "sample_writer.h",
    "w->position | w->pad",
    "w->position",
  ],
  [
    "the block is numbered",
    "sample_writer.h",
    "	WRITE_ONCE(next->packet_seq_num, block);",
    "",
  ],
  [
    "the content ends without the padding in a closed block",
    "sample_writer.h",
    "w->position - w->pad -",
    "w->position -",
  ],
  [
    "an exactly full block is followed by the next",
    "sample_writer.h",
    "block += offset != 0;",
    "block++;",
  ],
];

for (const [rule, sample, find, replace] of CONTROLS) {
  ccTest(`control of the samples: ${rule}`, {}, (bench) => {
    const program = compile(bench, sample, { find, replace });
    const { code, stderr } = run(program, [`${bench.dir}/region`]);
    assert(code !== 0 && /:\d+: /.test(stderr), `it went unnoticed: ${stderr}`);
  });
}
