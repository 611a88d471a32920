// SPDX-License-Identifier: MIT
/**
 * Has gcc judge: compiles formats and prints records with them.
 *
 * @module
 */
import { type Constants, constantsOf } from "./constants.ts";
import type { Compiler } from "./c_compile.ts";
import type { Subject, Unknowns } from "./c_program.ts";
import type { FormatFile } from "./format_files.ts";
import { type KernelFormat, parseKernelFormat } from "./kernel_fields.ts";
import { isChar } from "./kernel_types.ts";
import { type Kind, KINDS, makeRecord } from "./records.ts";

/** What happened while a record was printed; source: kernel_print.h. */
export const EVENT = {
  RAW_ADDRESS: 0x01,
  SYMBOL: 0x02,
  FOREIGN: 0x04,
  UNKNOWN: 0x08,
  PAST_RECORD: 0x10,
  BAD_FORMAT: 0x20,
  CONTROL: 0x40,
  DEREFERENCED: 0x40000000,
  UNDEFINED: 0x80000000,
} as const;

/** One record and what the kernel's own expression makes of it. */
export interface JudgedRecord {
  readonly kind: Kind;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** A sum of `EVENT`s. */
  readonly events: number;
  /** The text, one character for each byte. */
  readonly text: string;
}

/** One format and its records. */
export interface Judged {
  readonly file: FormatFile;
  readonly format: KernelFormat;
  readonly unknowns: Unknowns;
  /** Why the format cannot be compiled; then there are no records. */
  readonly refused: string | null;
  readonly records: readonly JudgedRecord[];
}

/** A format and the records to print with it. */
export interface Case {
  readonly file: FormatFile;
  readonly records: readonly Pick<JudgedRecord, "kind" | "bytes">[];
  /** Constants that are defined for gcc, because formats name them. */
  readonly constants: Constants;
}

/**
 * Makes records for formats, `rounds` of each kind.
 *
 * @param letters See `makeRecord`.
 */
export function casesOf(
  files: readonly FormatFile[],
  rounds: number,
  letters?: string,
): Case[] {
  return files.map((file) => {
    const format = parseKernelFormat(file.text);
    const records = Array.from(
      { length: rounds },
      (_, round) =>
        KINDS.map((kind) => {
          const seed = `${file.system}:${file.name} ${round}`;
          return { kind, bytes: makeRecord(format, kind, seed, letters) };
        }),
    ).flat();
    return { file, records, constants: constantsOf(file.set) };
  });
}

const BATCH = 250;
const WORKERS = 2;
let batchesMade = 0;

interface Batch {
  readonly name: string;
  readonly signedChar: boolean;
  readonly constants: Constants;
  readonly subjects: (Subject & Case)[];
}

function batchesOf(cases: readonly Case[]): Batch[] {
  const batches: Batch[] = [];
  for (const { file, records, constants } of cases) {
    const format = parseKernelFormat(file.text);
    const chars = format.fields.find((f) => isChar(f));
    const signedChar = chars?.signed ?? true;
    let batch = batches.find((batch) =>
      batch.signedChar === signedChar && batch.constants === constants &&
      batch.subjects.length < BATCH
    );
    if (batch === undefined) {
      const name = `batch_${batchesMade++}`;
      batch = { name, signedChar, constants, subjects: [] };
      batches.push(batch);
    }
    const unknowns = { names: new Set<string>(), args: new Map() };
    const index = batch.subjects.length + 1;
    batch.subjects.push({
      ...{ index, format, unknowns },
      ...{ file, records, constants },
    });
  }
  return batches;
}

/**
 * Judges formats, a batch at a time.
 *
 * @param report Is called for each format, in no particular order.
 */
export async function judge(
  compiler: Compiler,
  cases: readonly Case[],
  report: (judged: Judged) => void,
): Promise<void> {
  const batches = batchesOf(cases);
  const work = async () => {
    for (let b = batches.shift(); b !== undefined; b = batches.shift()) {
      for (const judged of await judgeBatch(compiler, b)) report(judged);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
}

async function judgeBatch(
  compiler: Compiler,
  { name, subjects, signedChar, constants }: Batch,
): Promise<Judged[]> {
  const { program, refused } = await compiler.compile(
    name,
    subjects,
    signedChar,
    constants,
  );
  const rows = subjects.filter((s) => !refused.has(s)).flatMap((subject) =>
    subject.records.map(({ kind, bytes }) => ({ subject, kind, bytes }))
  );
  const printed = await runProgram(program, rows);
  const records = new Map<Subject, JudgedRecord[]>();
  rows.forEach(({ subject, kind, bytes }, i) => {
    const all = records.get(subject) ?? [];
    all.push({ kind, bytes, ...printed[i] });
    records.set(subject, all);
  });
  return subjects.map((subject) => ({
    file: subject.file,
    format: subject.format,
    unknowns: subject.unknowns,
    refused: refused.get(subject) ?? null,
    records: records.get(subject) ?? [],
  }));
}

/**
 * Runs a compiled program on records.
 *
 * @returns What happened, and the text, one character for each byte.
 * @throws {Error} if the program fails.
 */
export async function runProgram(
  program: string,
  rows: readonly {
    readonly subject: Subject;
    readonly bytes: Uint8Array;
  }[],
): Promise<{ events: number; text: string }[]> {
  const size = rows.reduce((sum, { bytes }) => sum + 8 + bytes.length, 0);
  const input = new Uint8Array(size);
  const view = new DataView(input.buffer);
  let at = 0;
  for (const { subject, bytes } of rows) {
    view.setUint32(at, subject.index, true);
    view.setUint32(at + 4, bytes.length, true);
    input.set(bytes, at + 8);
    at += 8 + bytes.length;
  }
  Deno.writeFileSync(`${program}.in`, input);
  const command = new Deno.Command("sh", {
    args: ["-c", '"$0" < "$0.in"', program],
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  const printed: { events: number; text: string }[] = [];
  const out = new DataView(stdout.buffer, stdout.byteOffset, stdout.length);
  for (let from = 0; from < stdout.length;) {
    const events = out.getUint32(from, true);
    const bytes = out.getUint32(from + 4, true);
    const text = stdout.subarray(from + 8, from + 8 + bytes);
    printed.push({ events, text: bytesAsText(text) });
    from += 8 + bytes;
  }
  if (!success || printed.length !== rows.length) {
    throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  }
  return printed;
}

/** Returns one character for each byte. */
export function bytesAsText(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return text;
}
