// SPDX-License-Identifier: MIT
/**
 * Writes programs in C that print events with the kernel's own expressions.
 *
 * @module
 */
import { freeNames, withoutEntries, wordsOf } from "./c_words.ts";
import type { Constants } from "./constants.ts";
import type { KernelFormat } from "./kernel_fields.ts";
import { declarationOf } from "./kernel_types.ts";

/** What of a format cannot be compiled, because only the kernel knows it. */
export interface Unknowns {
  /** Names that are not declared. */
  readonly names: Set<string>;
  /** Arguments, by index, that fail to compile for other reasons. */
  readonly args: Map<number, string>;
}

/** One format in a program. */
export interface Subject {
  /** Its number in the program. */
  readonly index: number;
  readonly format: KernelFormat;
  readonly unknowns: Unknowns;
}

/** A generated source, and what each of its lines is about. */
export interface Source {
  readonly text: string;
  /** For each line, from 0: a format, and an argument or null. */
  readonly lines: readonly (
    | { readonly subject: Subject; readonly arg: number | null }
    | null
  )[];
}

const KEYWORDS = new Set(
  ("asm auto bool break case char const continue default do double else enum " +
    "extern false float for goto if inline int long register return short " +
    "signed sizeof static struct switch true typedef typeof union unsigned " +
    "void volatile while").split(" "),
);

const memberName = (name: string) => KEYWORDS.has(name) ? `${name}_` : name;

/** Renames members that are keywords of C. */
function withMemberNames(text: string): string {
  const words = wordsOf(text);
  let result = "";
  let end = 0;
  words.forEach((word, i) => {
    result += text.slice(end, word.start);
    const isMember = i >= 2 && words[i - 1].text === "->" &&
      words[i - 2].text === "REC";
    result += isMember ? memberName(word.text) : word.text;
    end = word.end;
  });
  return result;
}

/** Tells whether an argument runs statements, and is their result. */
export function isStatements(arg: string): boolean {
  return /^\(*\{/.test(arg);
}

/**
 * Returns the arguments as they are compiled: table entries whose value is not
 * known are left out, and null stands for what cannot be computed.
 */
export function compiledArgs(
  { format, unknowns }: Pick<Subject, "format" | "unknowns">,
): (string | null)[] {
  return format.args.map((arg, i) => {
    if (unknowns.args.has(i) || isStatements(arg)) return null;
    const { names } = unknowns;
    const text = names.size === 0 ? arg : withoutEntries(arg, names);
    return freeNames(text).isDisjointFrom(names) ? text : null;
  });
}

/** Tells whether entries of tables are left out of what is compiled. */
export function entriesAreMissing(
  { format, unknowns }: Pick<Subject, "format" | "unknowns">,
): boolean {
  return compiledArgs({ format, unknowns })
    .some((arg, i) => arg !== null && arg !== format.args[i]);
}

/** Writes a program that prints records of these formats. */
export function writeProgram(
  subjects: readonly Subject[],
  constants: Constants,
): Source {
  const text: string[] = [];
  const lines: Source["lines"][number][] = [];
  const add = (
    line: string,
    subject: Subject | null = null,
    arg: number | null = null,
  ) => {
    text.push(line.replaceAll("\n", " "));
    lines.push(subject === null ? null : { subject, arg });
  };
  add('#include "kernel_names.h"');
  const names = subjects.flatMap((s) => s.format.args)
    .map(freeNames).reduce((all, some) => all.union(some), new Set<string>());
  for (const name of names) {
    const value = constants.get(name);
    if (value !== undefined) add(`enum { ${name} = ${value} };`);
  }
  for (const subject of subjects) writeSubject(subject, add);
  add("const struct kp_format kp_formats[] = {");
  for (const { index } of subjects) add(`{ ${index}, print_${index} },`);
  add("{ 0, NULL } };");
  return { text: text.join("\n") + "\n", lines };
}

function writeSubject(
  subject: Subject,
  add: (line: string, subject?: Subject, arg?: number) => void,
): void {
  const { index, format } = subject;
  add(`struct record_${index} {`, subject);
  const taken = new Set<string>();
  let end = 0;
  for (const field of format.fields.toSorted((a, b) => a.offset - b.offset)) {
    if (field.offset < end) continue;
    if (field.offset > end) add(`u8 hole_${end}[${field.offset - end}];`);
    let name = memberName(field.name);
    while (taken.has(name)) name += "_again";
    taken.add(name);
    add(`${declarationOf(field, name)};`, subject);
    end = field.offset + field.size;
  }
  add("} __attribute__((packed));");
  add(`#define REC ((struct record_${index} *)record)`);
  add(
    `static void print_${index}(struct kp_text *out, struct trace_seq *p, void *record) {`,
  );
  const args = compiledArgs(subject);
  const words = [0n, 0n];
  args.forEach((arg, i) => {
    if (arg === null) words[Math.floor(i / 64)] |= 1n << BigInt(i % 64);
  });
  words.forEach((word, i) => {
    if (word !== 0n) add(`kp_record.unknown[${i}] = ${word}ull;`);
  });
  add("kp_print(out,", subject);
  add(format.format, subject);
  args.forEach((arg, i) => {
    add(`, ${arg === null ? "0L" : withMemberNames(arg)}`, subject, i);
  });
  add(");", subject);
  add("}");
  add("#undef REC");
}
