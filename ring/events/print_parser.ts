// SPDX-License-Identifier: MIT
/**
 * Parses the arguments of a `print fmt`: C expressions, bounded in depth.
 *
 * @module
 */
import {
  commonType,
  type CType,
  INT,
  LONG,
  promoted,
  UNSIGNED_INT,
  UNSIGNED_LONG,
} from "./c_types.ts";
import type { EventField } from "./event_field.ts";
import { KERNEL_CONSTANTS } from "./kernel_constants.ts";
import { type CallParser, CALLS } from "./print_calls.ts";
import {
  type Expression,
  isNumber,
  type NumberExpression,
  type Place,
  type Unknown,
} from "./print_expression.ts";
import {
  type ArgumentParser,
  condition,
  constant,
  number,
  numberNode,
} from "./print_nodes.ts";
import type { FieldNames } from "./print_fields.ts";
import { type CName, parseTypeName } from "./print_type_name.ts";
import { knownStatements } from "./print_statements.ts";
import { type Token, type Tokens, Unparsable } from "./print_tokens.ts";
import { isComparison } from "./print_value.ts";

/** Deeper nesting is not parsed, to bound the stack here and in printing. */
const DEPTH_MAX = 200;

/** How strongly each binary operator binds, as in C. */
const STRENGTH: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "|": 3,
  "^": 4,
  "&": 5,
  "==": 6,
  "!=": 6,
  "<": 7,
  ">": 7,
  "<=": 7,
  ">=": 7,
  "<<": 8,
  ">>": 8,
  "+": 9,
  "-": 9,
  "*": 10,
  "/": 10,
  "%": 10,
};

/** The fields of the kernel's structs that formats look into. */
const STRUCTS: Readonly<Record<string, readonly string[]>> = {
  // include/drm/drm_rect.h
  "drm_rect": ["x1", "y1", "x2", "y2"],
};
const STRUCT_MEMBER: CType = INT;

/** Parses the arguments of one event. */
export class ExpressionParser implements ArgumentParser {
  readonly tokens: Tokens;
  readonly fields: FieldNames;
  /** What the variables of a statement expression stand for. */
  readonly #variables = new Map<string, Expression>();
  #depth = 0;

  /** @param fields The event's own fields. */
  constructor(tokens: Tokens, fields: FieldNames) {
    this.tokens = tokens;
    this.fields = fields;
  }

  /** Implements {@linkcode ArgumentParser.argument}. */
  argument(): Expression {
    return this.#orUnknown(",", () => {
      const argument = this.expression();
      const { kind, text } = this.tokens.next;
      const ends = kind === "end" || kind === "sign" && ",)".includes(text);
      if (!ends) throw new Unparsable(`"${text}"`);
      return argument;
    });
  }

  /** Parses what stands behind a `?`, or behind its `:`. */
  #branch(): Expression {
    return this.#orUnknown(",:;", () => this.expression());
  }

  #orUnknown(separators: string, parse: () => Expression): Expression {
    const { tokens } = this;
    const at = tokens.at;
    const depth = this.#depth;
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof Unparsable)) throw error;
      this.#depth = depth;
      tokens.back(at);
      return this.#unknown(error.message, tokens.rest(separators));
    }
  }

  #unknown(construct: string, words: readonly Token[]): Unknown {
    const fields = new Set<EventField>();
    words.forEach(({ kind, text }, i) => {
      if (kind !== "name") return;
      const [before, sign] = [words[i - 2]?.text, words[i - 1]?.text];
      const own = sign === "->" && (before === "REC" || before === ")");
      const field = own || sign === "(" && /^__get_/.test(before ?? "")
        ? this.fields.any(text)
        : undefined;
      if (field !== undefined) fields.add(field);
    });
    return { op: "unknown", construct, fields: [...fields] };
  }

  /** Implements {@linkcode ArgumentParser.expression}. */
  expression(): Expression {
    this.#enter();
    const first = this.#binary(1);
    let result = first;
    if (this.tokens.skip("?")) {
      const holds = condition(first);
      const then = this.tokens.is(":") ? first : this.#branch();
      this.tokens.expect(":");
      result = this.#choice(holds, then, this.#branch());
    }
    this.#depth--;
    return result;
  }

  #enter(): void {
    if (++this.#depth > DEPTH_MAX) {
      throw new Unparsable("too deep an expression");
    }
  }

  #choice(
    holds: NumberExpression,
    then: Expression,
    other: Expression,
  ): Expression {
    if (isNumber(then) && isNumber(other)) {
      const type = commonType(then.type, other.type);
      return numberNode({ op: "choice", type, condition: holds, then, other });
    }
    if (holds.op === "number") return holds.value === 0n ? other : then;
    return { op: "either", condition: holds, then, other };
  }

  #binary(least: number): Expression {
    let left = this.#unary();
    while (true) {
      const { kind, text: sign } = this.tokens.next;
      const strength = kind === "sign" ? STRENGTH[sign] : undefined;
      if (strength === undefined || strength < least) return left;
      this.tokens.take();
      this.#enter();
      const right = this.#binary(strength + 1);
      this.#depth--;
      left = this.#operated(sign, left, right);
    }
  }

  #operated(sign: string, left: Expression, right: Expression): Expression {
    if (left.op === "place" && (sign === "+" || sign === "-")) {
      return this.#moved(left, number(right), sign);
    }
    if (right.op === "place" && sign === "+") {
      return this.#moved(right, number(left), sign);
    }
    const either = sign === "&&" || sign === "||";
    const a = either ? condition(left) : number(left);
    const b = either ? condition(right) : number(right);
    let type = commonType(a.type, b.type);
    if (isComparison(sign)) type = INT;
    else if (sign === "<<" || sign === ">>") type = promoted(a.type);
    return numberNode({ op: "binary", type, sign, left: a, right: b });
  }

  /** Moves a place by some of its elements. */
  #moved(place: Place, by: NumberExpression, sign: string): Place {
    const size = constant(LONG, BigInt(place.element?.bytes ?? 1));
    if (place.struct !== "") throw new Unparsable(`struct ${place.struct}`);
    const move = numberNode({
      op: "binary",
      type: LONG,
      sign: "*",
      left: by,
      right: size,
    });
    const offset = numberNode({
      op: "binary",
      type: LONG,
      sign,
      left: place.offset ?? constant(LONG, 0n),
      right: move,
    });
    return { ...place, offset };
  }

  #unary(): Expression {
    this.#enter();
    const result = this.#prefixed();
    this.#depth--;
    return result;
  }

  #prefixed(): Expression {
    const { tokens } = this;
    const { kind, text } = tokens.next;
    if (kind === "sign" && "-~!+*&".includes(text)) {
      tokens.take();
      const of = this.#unary();
      if (text === "*") return this.#loaded(of);
      if (text === "&") return this.#addressOf(of);
      if (text === "!") return this.#one(text, condition(of), INT);
      return this.#one(text, number(of), promoted(number(of).type));
    }
    if (tokens.is("sizeof")) {
      tokens.take();
      return constant(UNSIGNED_LONG, this.#size());
    }
    if (tokens.is("(")) {
      const cast = this.#cast();
      if (cast !== null) return cast;
    }
    return this.#postfixed(this.#primary());
  }

  #one(sign: string, of: NumberExpression, type: CType): NumberExpression {
    return sign === "+"
      ? numberNode({ op: "cast", type, sign: "", of })
      : numberNode({ op: "unary", type, sign, of });
  }

  #addressOf(of: Expression): Expression {
    if (of.op === "place") return of;
    if (of.op === "field") return this.#placeOf(of.field, of.type);
    if (of.op === "load") return of.place;
    throw new Unparsable("an address of a number");
  }

  #loaded(place: Expression): Expression {
    if (place.op !== "place") throw new Unparsable("memory of the kernel");
    if (place.element === null) throw new Unparsable("a type without a size");
    return { op: "load", type: place.element, place };
  }

  #placeOf(field: EventField | null, element: CType | null): Place {
    return { op: "place", field, offset: null, element, struct: "" };
  }

  /** Parses a cast; returns null if the parentheses hold something else. */
  #cast(): Expression | null {
    const { tokens } = this;
    const at = tokens.at;
    tokens.expect("(");
    const name = parseTypeName(tokens, () => this.expression());
    if (name === null || !tokens.skip(")") || !this.#beginsOperand(name)) {
      tokens.back(at);
      return null;
    }
    return this.#converted(this.#unary(), name);
  }

  /**
   * Tells whether a name in parentheses is a type, from what follows. A name
   * that is not known as a type is one only before what cannot follow a value.
   */
  #beginsOperand({ known }: CName): boolean {
    const { kind, text } = this.tokens.next;
    if (kind === "name" || kind === "number" || kind === "string") return true;
    if (kind !== "sign") return false;
    return text === "(" || text === "~" || text === "!" ||
      known && "-+*&".includes(text);
  }

  #converted(of: Expression, { type, pointers, struct }: CName): Expression {
    if (of.op === "place") {
      if (pointers === 0) throw new Unparsable("an address in the record");
      const element = pointers > 1 ? UNSIGNED_LONG : type;
      return { ...of, element, struct: pointers > 1 ? "" : struct };
    }
    if (!isNumber(of)) {
      if (pointers > 0) return of;
      throw new Unparsable("text as a number");
    }
    if (pointers > 0) {
      return numberNode({ op: "cast", type: UNSIGNED_LONG, sign: "", of });
    }
    if (type === null) {
      // The value of a type that is not known is left as it is.
      if (struct !== "") throw new Unparsable(`struct ${struct}`);
      return of;
    }
    return numberNode({ op: "cast", type, sign: "", of });
  }

  #postfixed(first: Expression): Expression {
    const { tokens } = this;
    let result = first;
    while (true) {
      if (tokens.skip("->")) result = this.#member(result);
      else if (tokens.skip("[")) {
        const index = number(this.expression());
        tokens.expect("]");
        if (result.op !== "place") {
          throw new Unparsable("memory of the kernel");
        }
        result = this.#loaded(this.#moved(result, index, "+"));
      } else return result;
    }
  }

  /** Parses `REC->name`, or the member of a struct in the record. */
  #member(of: Expression): Expression {
    const name = this.tokens.word("name");
    if (of.op !== "place") throw new Unparsable("memory of the kernel");
    if (of.field === null && of.offset === null) return this.#field(name);
    const index = STRUCTS[of.struct]?.indexOf(name) ?? -1;
    if (index < 0) throw new Unparsable(`${of.struct || "a struct"}.${name}`);
    const members = { ...of, element: STRUCT_MEMBER, struct: "" };
    return this.#loaded(
      this.#moved(members, constant(INT, BigInt(index)), "+"),
    );
  }

  #field(name: string): Expression {
    const WORD = "__data_loc_";
    const dynamic = name.startsWith(WORD)
      ? this.fields.dynamic(name.slice(WORD.length))
      : undefined;
    if (dynamic !== undefined) {
      return { op: "load", type: INT, place: this.#word(dynamic) };
    }
    const field = this.fields.fixed(name);
    const { kind, elementBytes: bytes, signed } = field;
    const type = { bytes, signed };
    if (kind === "integer") return { op: "field", type, field };
    return this.#placeOf(field, kind === "opaque" ? null : type);
  }

  /** Returns the place of the word that tells where a dynamic field is. */
  #word({ offset }: EventField): Place {
    return {
      ...this.#placeOf(null, INT),
      offset: constant(LONG, BigInt(offset)),
    };
  }

  #size(): bigint {
    const { tokens } = this;
    const at = tokens.at;
    if (tokens.skip("(")) {
      // The kernel checks constants with a struct that has no members.
      if (tokens.is("struct") && tokens.ahead(1).text === "{") {
        tokens.rest("");
        tokens.expect(")");
        return 0n;
      }
      const name = parseTypeName(tokens, () => this.expression());
      if (name !== null && name.known && tokens.skip(")")) {
        return this.#sizeOfType(name);
      }
      tokens.back(at);
    }
    const of = this.#unary();
    if (isNumber(of)) return BigInt(of.type.bytes);
    if (of.op !== "place") throw new Unparsable("the size of a text");
    const isArray = of.field !== null && of.offset === null &&
      !of.field.kind.startsWith("dynamic");
    return BigInt(isArray ? of.field!.bytes : 8);
  }

  #sizeOfType({ type, pointers, struct, words }: CName): bigint {
    if (pointers > 0) return 8n;
    if (words === "void") return 1n;
    if (type !== null) return BigInt(type.bytes);
    const members = STRUCTS[struct];
    if (members === undefined) throw new Unparsable(`the size of ${words}`);
    return BigInt(members.length * STRUCT_MEMBER.bytes);
  }

  #primary(): Expression {
    const { tokens } = this;
    const { kind, text } = tokens.next;
    if (kind === "string") return { op: "string", text: tokens.string() };
    if (kind === "number") return literal(tokens.take().text);
    if (tokens.skip("(")) {
      const inner = tokens.is("{") ? this.#statements() : this.expression();
      tokens.expect(")");
      return inner;
    }
    if (kind !== "name") throw new Unparsable(`"${text}"`);
    tokens.take();
    if (text === "REC") return this.#placeOf(null, null);
    if (tokens.is("(")) return this.#call(text);
    const variable = this.#variables.get(text);
    if (variable !== undefined) return variable;
    const known = KERNEL_CONSTANTS.get(text);
    if (known !== undefined) return constant(INT, known);
    throw new Unparsable(`${text}, which only the kernel knows`);
  }

  #call(name: string): Expression {
    const { tokens } = this;
    tokens.expect("(");
    const parse: CallParser | undefined = Object.hasOwn(CALLS, name)
      ? CALLS[name]
      : undefined;
    const result = parse === undefined ? this.#named(name) : parse(this, name);
    tokens.expect(")");
    return result;
  }

  /** Parses the call of a function that only the kernel has. */
  #named(name: string): Expression {
    const values: Expression[] = [];
    const { tokens } = this;
    while (!tokens.is(")") && tokens.next.kind !== "end") {
      values.push(this.argument());
      if (!tokens.skip(",")) break;
    }
    return { op: "named", name, arguments: values };
  }

  /**
   * Parses a statement expression: variables that are given a value, and then
   * the value of all.
   */
  #statements(): Expression {
    const { tokens } = this;
    tokens.expect("{");
    const from = tokens.at;
    const known = knownStatements(tokens.rest(""), this.fields);
    if (known !== null) {
      tokens.expect("}");
      return known;
    }
    tokens.back(from);
    let result: Expression | null = null;
    while (!tokens.skip("}")) {
      const at = tokens.at;
      const name = parseTypeName(tokens, () => this.expression());
      if (name !== null && tokens.next.kind === "name") {
        const variable = tokens.word("name");
        tokens.expect("=");
        const value = this.#converted(this.expression(), name);
        this.#variables.set(variable, value);
      } else {
        tokens.back(at);
        result = this.expression();
      }
      tokens.expect(";");
    }
    if (result === null) throw new Unparsable("statements without a value");
    return result;
  }
}

/** Returns a number's value and type. Source: C11, 6.4.4.1. */
function literal(text: string): NumberExpression {
  const [, digits, suffix] = /^(.*?)([uUlL]*)$/.exec(text)!;
  const octal = /^0\d/.test(digits);
  if (octal && /[89]/.test(digits)) throw new Unparsable(`the number ${text}`);
  const value = BigInt(octal ? `0o${digits}` : digits);
  if (value >= 1n << 64n) throw new Unparsable(`the number ${text}`);
  const decimal = /^-?[1-9]/.test(digits);
  const long = /l/i.test(suffix);
  const unsigned = /u/i.test(suffix);
  const types = [INT, UNSIGNED_INT, LONG, UNSIGNED_LONG].filter((type) =>
    (!long || type.bytes === 8) && (!unsigned || !type.signed) &&
    (unsigned || !decimal || type.signed)
  );
  const type = types.find(({ bytes, signed }) =>
    value < 1n << BigInt(bytes * 8 - (signed ? 1 : 0))
  );
  return constant(type ?? UNSIGNED_LONG, value);
}
