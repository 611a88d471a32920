// SPDX-License-Identifier: MIT
/**
 * Each rule of PROTOCOL.md is needed: a reader with a changed one disagrees.
 */
import { assert } from "@std/assert";
import { apply } from "../support/changes.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ROOT } from "../../packaging/root.ts";
import type { SampleClass } from "./agreement.ts";
import { follow, makeSteps } from "./steps.ts";

const FILES = [
  ...["document", "sample_header", "sample_ring", "sample_messages"],
  "sample_reader",
].map((name) => `${name}.ts`);

/** Rules, and for each another one that somebody might mistake it for. */
const CONTROLS: readonly (readonly [
  rule: string,
  file: string,
  find: string,
  replace: string,
])[] = [
  [
    "the checksum is of the header with its magic",
    "sample_header.ts",
    "  bytes.fill(0, own, own + 4);",
    "  bytes.fill(0, own, own + 4).fill(0, 0, 8);",
  ],
  [
    "P is the word without its padding, where a block is closed",
    "sample_ring.ts",
    "commit.end > (block + 1) * blockBytes",
    "commit.end + 1 > (block + 1) * blockBytes",
  ],
  [
    "B is the block of the last byte, not of the next",
    "sample_ring.ts",
    "Math.floor((end - 1) / blockBytes)",
    "Math.floor(end / blockBytes)",
  ],
  [
    "B is computed without the padding",
    "sample_ring.ts",
    "Math.floor((end - 1) / blockBytes)",
    "Math.floor((word - 1) / blockBytes)",
  ],
  [
    "the content's size is in bits",
    "sample_ring.ts",
    'header.number("content_size") / 8',
    'header.number("content_size")',
  ],
  [
    "there is one block fewer than B and the slots would give",
    "sample_ring.ts",
    "block - this.#ring.nrBlocks + 1 + later",
    "block - this.#ring.nrBlocks + 2 + later",
  ],
  [
    "a session begins at block 1",
    "sample_ring.ts",
    "return Math.max(1, block",
    "return Math.max(0, block",
  ],
  [
    "drops from before are missed",
    "sample_ring.ts",
    "this.counts.missed = this.#drops +",
    "this.counts.missed =",
  ],
  [
    "the next record is at a multiple of 8",
    "sample_ring.ts",
    "Math.ceil(payloadEnd / ALIGN) * ALIGN",
    "Math.ceil(payloadEnd / 4) * 4",
  ],
  [
    "what is missing ends the messages under way",
    "sample_messages.ts",
    "if (record.afterGap) this.#endAll();",
    "",
  ],
  [
    "a part's data follow on its struct",
    "document.ts",
    "return WIRE.structs[struct].sizeBytes;",
    'return WIRE.structs[struct].sizeBytes - (struct === "part" ? 4 : 0);',
  ],
  [
    "a message whose beginning is missing is shown",
    "sample_messages.ts",
    "    if (!fits) {",
    "    if (!fits || known === undefined && offset > 0) {",
  ],
  [
    "a clock record is of its block's epoch",
    "sample_messages.ts",
    'clock.number("epoch") === epoch &&',
    "",
  ],
];

/** Returns the class of the sample reader with one change. */
async function changedSample(
  folder: string,
  file: string,
  find: string,
  replace: string,
): Promise<SampleClass> {
  for (const name of FILES) {
    const text = Deno.readTextFileSync(`${ROOT}/tests/protocol/${name}`)
      .replaceAll('from "../', `from "file://${ROOT}/tests/`);
    const changes = name === file ? [{ find, replace }] : [];
    Deno.writeTextFileSync(`${folder}/${name}`, changes.reduce(apply, text));
  }
  return (await import(`file://${folder}/sample_reader.ts`)).SampleReader;
}

const steps = makeSteps();

for (const [rule, file, find, replace] of CONTROLS) {
  Deno.test(`control: ${rule}`, async () => {
    using folder = new TempFolder();
    const changed = await changedSample(folder.path, file, find, replace);
    let differs = 0;
    const attempt = (from: number) => {
      try {
        follow(steps.slice(from), `from ${from}`, changed);
      } catch {
        differs++;
      }
    };
    for (let from = 0; from < steps.length && differs === 0; from++) {
      attempt(from);
    }
    assert(differs > 0, "it made no difference");
  });
}
