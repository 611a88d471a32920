// SPDX-License-Identifier: MIT
/**
 * Knows the statement expressions that are too much for the parser: those with
 * structs, arrays, branches and printing of their own. They are taken for the
 * call of a function with the fields that they print.
 *
 * @module
 */
import type { FieldNames } from "./print_fields.ts";
import type { Expression } from "./print_expression.ts";
import { type Token, Unparsable } from "./print_tokens.ts";

interface Known {
  /** Words that it has in this order; only one expression has all of them. */
  readonly marks: readonly string[];
  /** A function in `KERNEL_FUNCTIONS`. */
  readonly name: string;
  /** The integer fields that it prints. */
  readonly fields: readonly string[];
}

const SHADOW_PAGE = ["mmu_valid_gen", "gfn", "role", "root_count", "unsync"];
const SHADOW_TEXT = "sp gen %u gfn %llx l%u %u-byte q%u%s %s%s" +
  " %snxe %sad root %u %s%c";

const KNOWN: readonly Known[] = [
  {
    marks: ["---", "--x", "w--", SHADOW_TEXT, "gpte_is_8_bytes", "nxe"],
    name: "kvm_mmu_page_8",
    fields: SHADOW_PAGE,
  },
  {
    marks: ["---", "--x", "w--", SHADOW_TEXT, "has_4_byte_gpte", "efer_nx"],
    name: "kvm_mmu_page",
    fields: SHADOW_PAGE,
  },
  {
    marks: ["----", "r---", "-w--", SHADOW_TEXT, "has_4_byte_gpte", "efer_nx"],
    name: "kvm_mmu_page_rwux",
    fields: SHADOW_PAGE,
  },
  {
    marks: ["pcm", "size", "24", "switch", "type", "1x ", "2x ", "3x "],
    name: "dwc3_transactions",
    fields: ["size", "type"],
  },
];

/**
 * Returns the call for the statements of an expression; null if they are not
 * known.
 *
 * @throws {Unparsable} if the event has not the fields of such statements.
 */
export function knownStatements(
  words: readonly Token[],
  fields: FieldNames,
): Expression | null {
  const texts = joined(words);
  const known = KNOWN.find(({ marks }) => inOrder(texts, marks));
  if (known === undefined) return null;
  const values = known.fields.map((name): Expression => {
    const field = fields.fixed(name);
    const { kind, elementBytes: bytes, signed } = field;
    if (kind !== "integer") throw new Unparsable(`${name} is no number`);
    return { op: "field", type: { bytes, signed }, field };
  });
  return { op: "named", name: known.name, arguments: values };
}

/** Returns the texts of words, with strings that C joins as one. */
function joined(words: readonly Token[]): string[] {
  const texts: string[] = [];
  words.forEach(({ kind, text }, i) => {
    const joins = kind === "string" && words[i - 1]?.kind === "string";
    if (joins) texts[texts.length - 1] += text;
    else texts.push(text);
  });
  return texts;
}

function inOrder(texts: readonly string[], marks: readonly string[]): boolean {
  let next = 0;
  for (const text of texts) if (text === marks[next]) next++;
  return next === marks.length;
}
