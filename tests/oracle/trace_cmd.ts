// SPDX-License-Identifier: MIT
/**
 * Has trace-cmd report records that were converted to a trace.dat, and finds
 * out with gcc who is wrong where it prints something else.
 *
 * @module
 */
import { formatText } from "../../cli/traces/event_format_source.ts";
import { findTraces } from "../../cli/traces/find_traces.ts";
import { toolPrintText } from "../../cli/traces/print_fmt_source.ts";
import { writeTraceDat } from "../../cli/traces/trace_dat_file.ts";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import { recorded } from "../support/recordings.ts";
import { makeRegion } from "../support/regions.ts";
import type { Compiler } from "./c_compile.ts";
import { NO_CONSTANTS } from "./constants.ts";
import { ANYTHING, type Difference } from "./differences.ts";
import { usesOf } from "./field_uses.ts";
import { bytesAsText, type Case, judge, type Judged } from "./judge.ts";
import { type KernelFormat, parseKernelFormat } from "./kernel_fields.ts";

/** Texts have what a trace.dat has, too. */
export const PLAIN_LETTERS = "abcXYZ 09,=%{|}";
/** Each format gets another id, because kernels reuse those of modules. */
const FIRST_ID = 300;
const BATCH = 250;
const PAYLOAD_BYTES_MAX = 1900;
/** A report takes a second. */
const SECONDS_MAX = 60;

/**
 * How trace-cmd's text compares with the kernel's:
 * - "equal": it is the same;
 * - "fields": it is the same but for arguments which the print format in the
 *   file shows as fields by name, because tools cannot print them;
 * - "intended": it is not, for a reason in `INTENDED`;
 * - "wrong": it is not, though the print format in the file is right by gcc;
 * - "ours": it is not, and nor does the print format in the file mean the same;
 * - "missing": trace-cmd ended before.
 */
export type Result =
  | "equal"
  | "fields"
  | "intended"
  | "wrong"
  | "ours"
  | "missing";

/** Differences of the print formats in a trace.dat that are no faults. */
export const INTENDED: readonly (Difference & {
  /** Tells whether formats may differ so: the kernel's, and the file's. */
  readonly may: (format: KernelFormat, print: string) => boolean;
})[] = [
  {
    name: "whole arrays",
    why: "Tools read as many bytes as a record says, even behind it, so they " +
      "print the whole array, whatever count the record has.",
    may: (format) => usesOf(format).counts.size > 0,
  },
  {
    name: "separators",
    why: "Tools know bytes with blanks between them, or with nothing, but no " +
      "other signs.",
    may: ({ format }) => /%\*?\d*ph[CD]/.test(format),
  },
  {
    name: "nothing",
    why: "An event whose print format is empty is shown by its fields.",
    may: ({ format }) => format === '""',
  },
  {
    name: "dumps",
    why: "Tools do not know __print_hex_dump, so bytes are printed one by one.",
    may: ({ args }) => args.some((arg) => arg.includes("__print_hex_dump")),
  },
  {
    name: "placeholders",
    why: "Tools want a name in each table, so one without names has one that " +
      "stands for -1, or for no flag.",
    may: (_, print) => /\{ 0x(f{16}, "\?"|0, "") \}/.test(print),
  },
];

/** What trace-cmd prints of one record, and what gcc does. */
export interface Reported {
  readonly file: Case["file"];
  readonly result: Result;
  /** What the kernel prints. */
  readonly kernel: string;
  /** What the print format in the trace.dat means. */
  readonly ours: string;
  /** What trace-cmd prints. */
  readonly tool: string;
  /** The print format in the trace.dat. */
  readonly print: string;
  /** The name of an intended difference. */
  readonly reason?: string;
}

/** Compares all records, a file of some formats at a time. */
export async function judgeTraceCmd(
  compiler: Compiler,
  cases: readonly Case[],
): Promise<Reported[]> {
  const all: Reported[] = [];
  const wanted = cases.filter(({ file }) => !isStack(file));
  for (let i = 0; i < wanted.length; i += BATCH) {
    const batch = wanted.slice(i, i + BATCH).map(plainCase);
    all.push(...await judgeBatch(compiler, batch));
  }
  return all;
}

/** A stack is not printed by its format, see `STACKS`. */
function isStack({ system, text }: Case["file"]): boolean {
  return parseEventFormat(`system: ${system}\n${text}`).stack !== null;
}

/**
 * Gives a format an id of its own, and has it print characters as numbers, and
 * addresses as trace-cmd does.
 */
function plainCase({ file, records, constants }: Case, i: number): Case {
  const id = FIRST_ID + i;
  const at = file.text.indexOf("print fmt: ");
  const head = file.text.slice(0, at).replace(/^ID: .*$/m, `ID: ${id}`);
  const print = file.text.slice(at)
    .replace(
      /^(print fmt: (?:\s*"(?:[^"\\]|\\[^])*")+)/,
      (format) =>
        format.replace(/(%[-+ #0]*\d*)c/g, "$1d")
          .replace(/%p(?![A-Za-z0-9])/g, "0x%lx"),
    );
  return {
    constants,
    file: { ...file, text: head + print },
    records: records.filter(({ bytes }) => bytes.length <= PAYLOAD_BYTES_MAX)
      .map(({ kind, bytes }) => {
        const own = bytes.slice();
        new DataView(own.buffer).setUint16(0, id, true);
        return { kind, bytes: own };
      }),
  };
}

async function judgeBatch(
  compiler: Compiler,
  cases: readonly Case[],
): Promise<Reported[]> {
  const ours = cases.map(({ file, records }): Case => {
    const format = parseEventFormat(`system: ${file.system}\n${file.text}`);
    const text = formatText(format, format.id, toolPrintText(format), true);
    return { file: { ...file, text }, records, constants: NO_CONSTANTS };
  });
  const kernelTexts = await textsOf(compiler, cases);
  const numberTexts = await textsOf(
    compiler,
    cases.map((one) => ({ ...one, constants: NO_CONSTANTS })),
  );
  const ourTexts = await textsOf(compiler, ours);
  const lines = await report(cases);
  const formats = cases.map(({ file }) => parseKernelFormat(file.text));
  const all: Reported[] = [];
  cases.forEach(({ file, records }, i) => {
    const print = ours[i].file.text.split("print fmt: ")[1].trim();
    records.forEach((_, j) => {
      const kernel = kernelTexts[i]?.[j];
      const our = ourTexts[i]?.[j];
      const tool = lines.get(FIRST_ID + i)?.[j];
      if (kernel === undefined || kernel === null) return;
      const texts = { kernel, ours: our ?? "", tool: tool ?? "" };
      const first = resultOf(kernel, our, tool);
      const result = first === "ours"
        ? resultOf(numberTexts[i][j]!, our, tool)
        : first;
      const intended = result === "ours"
        ? INTENDED.find(({ may }) => may(formats[i], print))
        : undefined;
      all.push({
        file,
        print,
        ...texts,
        result: intended === undefined ? result : "intended",
        reason: intended?.name,
      });
    });
  });
  return all;
}

/** An argument shown as fields: its function's name, if any, and they. */
const SHOWN_FIELDS = /\w*\{\w+=(?:[^{}]|\{[^{}]*\})*\}/g;

function resultOf(
  kernel: string,
  ours: string | null | undefined,
  tool: string | undefined,
): Result {
  if (tool === undefined) return "missing";
  if (agree(kernel, tool)) return "equal";
  if (ours === null || ours === undefined) return "ours";
  if (agree(kernel, ours)) return "wrong";
  const open = ours.replaceAll(SHOWN_FIELDS, ANYTHING);
  if (!agree(kernel, open)) return "ours";
  return agree(open, tool) ? "fields" : "wrong";
}

/** @returns For each case its texts; null stands for what C does not define. */
async function textsOf(
  compiler: Compiler,
  cases: readonly Case[],
): Promise<(string | null)[][]> {
  const all = new Map<string, Judged>();
  await judge(compiler, cases, (one) => all.set(idOf(one.file.text), one));
  return cases.map(({ file }) =>
    all.get(idOf(file.text))!.records.map(({ events, text }) =>
      events >= 0x40000000 || events < 0 ? null : text
    )
  );
}

const idOf = (text: string) => /^ID: (\d+)$/m.exec(text)![1];

/** Makes texts alike in all that is replaced in a trace.dat on purpose. */
function plain(text: string): string {
  return text.replaceAll("\n", " ").trim().replaceAll('"', "'")
    .replaceAll("\\", "/").replace(/[^ -~]/g, (c) => c === ANYTHING ? c : "?");
}

/** Tells whether texts can be the same, where ANYTHING stands for any text. */
function agree(one: string, other: string): boolean {
  const a = plain(one);
  const b = plain(other);
  let row = Array.from(
    { length: b.length + 1 },
    (_, j) => b.slice(0, j).replaceAll(ANYTHING, "") === "",
  );
  for (const letter of a) {
    const next = [row[0] && letter === ANYTHING];
    for (let j = 1; j <= b.length; j++) {
      const open = letter === ANYTHING || b[j - 1] === ANYTHING;
      next.push(
        open
          ? row[j] || next[j - 1] || row[j - 1]
          : row[j - 1] && letter === b[j - 1],
      );
    }
    row = next;
  }
  return row[b.length];
}

const LINE = /^ *.+-\d+ +\[\d+\] +\d+\.\d{9}: (\w+): *(.*)$/;

/** @returns The lines that trace-cmd prints of each event, by its id. */
async function report(cases: readonly Case[]): Promise<Map<number, string[]>> {
  const texts = cases.map(({ file }) => `system: ${file.system}\n${file.text}`);
  const textBytes = texts.reduce((sum, text) => sum + text.length + 64, 0);
  const bytes = cases.flatMap((c) => c.records)
    .reduce((sum, { bytes }) => sum + bytes.length + 64, 0);
  const metaBytes = Math.ceil(textBytes / 32768) * 65536 + 65536;
  const size = metaBytes + 4 * bytes + (1 << 20);
  const { buffer, writer } = makeRegion(
    { nrTrace: 1, metaBytes },
    Math.ceil(size / 4096) * 4096,
  );
  texts.forEach((text, i) => {
    if (!writer.describe(FIRST_ID + i, text)) throw new Error("no room");
  });
  const order: number[] = [];
  cases.forEach(({ records }, i) => {
    for (const { bytes } of records) {
      writer.write(0, FIRST_ID + i, bytes);
      order.push(FIRST_ID + i);
    }
  });
  const lines = new Map<number, string[]>();
  await recorded(buffer, async ({ path, drain }) => {
    drain();
    const file = `${path}/trace.dat`;
    writeTraceDat(findTraces(path).at(-1)!, file);
    const { stdout, stderr, code, signal } = await new Deno.Command("timeout", {
      args: [String(SECONDS_MAX), "trace-cmd", "report", "-N", "-t", file],
      env: { LC_ALL: "C" },
    }).output();
    const complaint = new TextDecoder().decode(stderr);
    if (complaint !== "") console.error(complaint.slice(0, 2000));
    let next = 0;
    for (const line of bytesAsText(stdout).split("\n")) {
      const match = LINE.exec(line);
      if (match === null) continue;
      const id = order[next++];
      const { name } = cases[id - FIRST_ID].file;
      if (match[1] !== name) throw new Error(`${line}: not ${name}`);
      const known = lines.get(id) ?? [];
      known.push(match[2]);
      lines.set(id, known);
    }
    if (next !== order.length) {
      const { name } = cases[order[next] - FIRST_ID].file;
      console.error(`trace-cmd ended with ${signal ?? code} at ${name}`);
    }
  });
  return lines;
}
