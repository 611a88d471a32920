// SPDX-License-Identifier: MIT
/**
 * Parses the arguments of a `print fmt`: C expressions, bounded in depth.
 *
 * @module
 */
import { INT, promoted, UNSIGNED_LONG } from "./c_types.ts";
import { type EventField, isDynamic } from "./event_field.ts";
import { KERNEL_CONSTANTS } from "./kernel_constants.ts";
import { type CallParser, CALLS } from "./print_calls.ts";
import {
  type Expression,
  isNumber,
  type Unknown,
  WEIGHT_MAX,
  weightOf,
} from "./print_expression.ts";
import {
  type ArgumentParser,
  condition,
  constant,
  number,
} from "./print_nodes.ts";
import type { FieldNames } from "./print_fields.ts";
import { literal } from "./print_literal.ts";
import { memberOf, sizeOfType } from "./print_members.ts";
import {
  addressOf,
  choice,
  converted,
  loaded,
  moved,
  one,
  operated,
  placeOf,
} from "./print_operators.ts";
import { type CName, parseTypeName } from "./print_type_name.ts";
import { knownStatements } from "./print_statements.ts";
import { type Token, type Tokens, Unparsable } from "./print_tokens.ts";

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
      result = choice(holds, then, this.#branch());
    }
    this.#depth--;
    return result;
  }

  #enter(): void {
    if (++this.#depth > DEPTH_MAX) {
      throw new Unparsable("too deep an expression");
    }
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
      left = operated(sign, left, right);
    }
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
      if (text === "*") return loaded(of);
      if (text === "&") return addressOf(of);
      if (text === "!") return one(text, condition(of), INT);
      return one(text, number(of), promoted(number(of).type));
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

  /** Parses a cast; returns null if the parentheses hold something else. */
  #cast(): Expression | null {
    const { tokens } = this;
    const at = tokens.at;
    tokens.expect("(");
    const name = parseTypeName(tokens, () => this.expression());
    if (name === null || !tokens.skip(")") || !this.#beginsOperand(name)) {
      this.#backTo(at, name);
      return null;
    }
    return converted(this.#unary(), name);
  }

  /**
   * Goes back to where a type might have been, but was none. What is in a
   * `typeof` is not parsed again, or nested ones would take any time.
   */
  #backTo(at: number, name: CName | null): void {
    if (name?.isTypeof) throw new Unparsable("typeof where no type can be");
    this.tokens.back(at);
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
        result = loaded(moved(result, index, "+"));
      } else return result;
    }
  }

  /** Parses what stands behind `->`. */
  #member(of: Expression): Expression {
    return memberOf(of, this.tokens.word("name"), this.fields);
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
        return sizeOfType(name);
      }
      this.#backTo(at, name);
    }
    const of = this.#unary();
    if (isNumber(of)) return BigInt(of.type.bytes);
    if (of.op !== "place") throw new Unparsable("the size of a text");
    const isArray = of.field !== null && of.offset === null &&
      !isDynamic(of.field);
    return BigInt(isArray ? of.field!.bytes : 8);
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
    if (text === "REC") return placeOf(null, null);
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
        const value = converted(this.expression(), name);
        if (weightOf(value, WEIGHT_MAX) >= WEIGHT_MAX) {
          throw new Unparsable("too long an expression");
        }
        this.#variables.set(variable, value);
      } else {
        this.#backTo(at, name);
        result = this.expression();
      }
      tokens.expect(";");
    }
    if (result === null) throw new Unparsable("statements without a value");
    return result;
  }
}
