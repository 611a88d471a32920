// SPDX-License-Identifier: MIT
/**
 * Makes the readers that part 3 needs.
 *
 * @module
 */
import { compiledReader, LoneBinary } from "../support/binary.ts";
import { readerCommand } from "../support/reader_program.ts";
import { buildReader } from "./read_build.ts";
import type { Workbench } from "./workbench.ts";

/** How readers are started. */
export interface EndTools extends Disposable {
  /** Path of the reader in C. */
  readonly reader: string;
  /** Returns the command of ivring_reader with these arguments. */
  readonly ours: (args: readonly string[]) => readonly string[];
  readonly remarks: readonly string[];
}

/**
 * Makes the readers. If IVRING_READER names an executable, that one is
 * measured, and none is made.
 */
export async function makeEndTools(bench: Workbench): Promise<EndTools> {
  const reader = buildReader(bench);
  const nothing = { [Symbol.dispose]: () => {} };
  if (Deno.env.get("IVRING_READER")) {
    return { reader, ours: readerCommand, remarks: [], ...nothing };
  }
  const made = await compiledReader();
  if ("missing" in made) {
    const remark = `ivring_reader runs from its sources: ${made.missing}.`;
    return { reader, ours: readerCommand, remarks: [remark], ...nothing };
  }
  const lone = new LoneBinary(made);
  return {
    reader,
    ours: (args) => [`${lone.folder}/ivring_reader`, ...args],
    remarks: [
      "ivring_reader is compiled" +
      (made.isTestBuild ? ", a test build." : "."),
    ],
    [Symbol.dispose]: () => lone[Symbol.dispose](),
  };
}
