// SPDX-License-Identifier: MIT
/**
 * Parses the arguments of a `print fmt`: C expressions, bounded in depth and
 * length.
 *
 * @module
 */
import { cTypeOf } from "./c_types.ts";
import type { EventField } from "./event_field.ts";
import { type Expression, isText } from "./print_expression.ts";
import { type Tokens, Unparsable } from "./print_tokens.ts";
import { constantOf } from "./print_value.ts";

/** Deeper nesting is not parsed, to bound the stack here and in printing. */
const DEPTH_MAX = 48;
/** The most nodes in all arguments of an event. */
const NODES_MAX = 4096;
const NAMES_MAX = 512;
const DELIMITER_MAX = 8;

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

/** A type in parentheses: its words, and the stars of an address. */
const CAST =
  /\s*((?:(?:const|volatile|unsigned|signed|struct|union|enum)\s+)*[A-Za-z_]\w*(?:\s+(?:long|int|char|short|const))*)\s*((?:\*\s*)*)\)/y;

/** Calls that give a field's bytes, or how many there are. */
const ACCESSORS: ReadonlyMap<string, "field" | "length"> = new Map([
  ["__get_str", "field"],
  ["__get_rel_str", "field"],
  ["__get_dynamic_array_len", "length"],
  ["__get_rel_dynamic_array_len", "length"],
]);

function number(expression: Expression): Expression {
  const text = isText(expression);
  const partly = expression.op === "choice" &&
    (isText(expression.then) || isText(expression.other));
  if (text || partly) throw new Unparsable("text for a number");
  return expression;
}

/** Parses the arguments of one event. */
export class ExpressionParser {
  readonly #tokens: Tokens;
  readonly #fields: ReadonlyMap<string, EventField>;
  #nodes = 0;
  #depth = 0;
  /** Whether the argument has a name in it that only the kernel knows. */
  #unknown = false;

  /** @param fields The event's own fields, by name. */
  constructor(tokens: Tokens, fields: ReadonlyMap<string, EventField>) {
    this.#tokens = tokens;
    this.#fields = fields;
  }

  /**
   * Parses one argument.
   *
   * @returns "unknown" if only the kernel knows its value.
   * @throws {Unparsable}
   */
  argument(): Expression {
    this.#unknown = false;
    const argument = this.#choice();
    return this.#unknown ? { op: "unknown" } : argument;
  }

  #choice(): Expression {
    if (++this.#depth > DEPTH_MAX) throw new Unparsable("too deep");
    const condition = this.#binary(1);
    let result = condition;
    if (this.#tokens.skip("?")) {
      const then = this.#choice();
      this.#tokens.expect(":");
      const other = this.#choice();
      result = this.#node({
        op: "choice",
        condition: number(condition),
        then,
        other,
      });
    }
    this.#depth--;
    return result;
  }

  #node(expression: Expression): Expression {
    if (++this.#nodes > NODES_MAX) throw new Unparsable("too long");
    return expression;
  }

  #binary(least: number): Expression {
    let left = this.#unary();
    while (true) {
      const { kind, text: sign } = this.#tokens.next;
      const strength = kind === "sign" ? STRENGTH[sign] : undefined;
      if (strength === undefined || strength < least) return left;
      this.#tokens.take();
      const right = number(this.#binary(strength + 1));
      left = this.#node({ op: "binary", sign, left: number(left), right });
    }
  }

  #unary(): Expression {
    if (++this.#depth > DEPTH_MAX) throw new Unparsable("too deep");
    let result: Expression;
    const { kind, text } = this.#tokens.next;
    if (kind === "sign" && "-~!+".includes(text)) {
      this.#tokens.take();
      result = this.#node({
        op: "unary",
        sign: text,
        of: number(this.#unary()),
      });
    } else if (this.#tokens.skip("(")) result = this.#parenthesis();
    else result = this.#primary();
    this.#depth--;
    return result;
  }

  /** Parses a cast, or an expression in parentheses. */
  #parenthesis(): Expression {
    const cast = this.#tokens.match(CAST);
    if (cast === null) {
      const inner = this.#choice();
      this.#tokens.expect(")");
      return inner;
    }
    const of = this.#unary();
    const type = cast[2] === "" ? cTypeOf(cast[1]) : null;
    if (type === null) return of; // an address, or a type that is not known
    return this.#node({ op: "cast", ...type, of: number(of) });
  }

  #primary(): Expression {
    const tokens = this.#tokens;
    const { kind, text } = tokens.take();
    if (kind === "number") {
      return this.#node({ op: "number", value: BigInt(text) });
    }
    if (kind === "string") return this.#node({ op: "string", text });
    if (kind !== "name") throw new Unparsable(text);
    if (text === "REC") {
      tokens.expect("->");
      return this.#field(tokens.word("name"));
    }
    if (!tokens.skip("(")) {
      this.#unknown = true;
      return this.#node({ op: "unknown" });
    }
    const result = text === "__print_flags" || text === "__print_symbolic"
      ? this.#named(text)
      : this.#access(text);
    tokens.expect(")");
    return result;
  }

  #find(name: string): EventField {
    const field = this.#fields.get(name);
    if (field === undefined) throw new Unparsable(name);
    return field;
  }

  /** Parses `REC->name`, or one number of an array. */
  #field(name: string): Expression {
    const field = this.#find(name);
    if (this.#tokens.skip("[")) {
      const index = Number(this.#tokens.word("number"));
      this.#tokens.expect("]");
      if (field.kind !== "array" || !(index < field.elements)) {
        throw new Unparsable(name);
      }
      return this.#node({ op: "element", field, index });
    }
    if (field.kind !== "integer" && field.kind !== "text") {
      throw new Unparsable(name);
    }
    return this.#node({ op: "field", field });
  }

  #access(call: string): Expression {
    const op = ACCESSORS.get(call);
    const field = this.#find(this.#tokens.word("name"));
    const wanted = op === "field" ? /^dynamicText$/ : /^dynamic/;
    if (op === undefined || !wanted.test(field.kind)) {
      throw new Unparsable(call);
    }
    return this.#node({ op, field });
  }

  /** Parses the arguments of `__print_flags` and `__print_symbolic`. */
  #named(call: string): Expression {
    const tokens = this.#tokens;
    const of = number(this.#choice());
    let delimiter = "";
    if (call === "__print_flags") {
      tokens.expect(",");
      delimiter = tokens.word("string");
      if (delimiter.length > DELIMITER_MAX) throw new Unparsable(delimiter);
    }
    const names: [bigint, string][] = [];
    while (tokens.skip(",")) {
      tokens.expect("{");
      const value = this.#constant();
      tokens.expect(",");
      const name = tokens.word("string");
      tokens.expect("}");
      if (value !== null) names.push([BigInt.asUintN(64, value), name]);
      if (names.length > NAMES_MAX) throw new Unparsable("too many names");
    }
    return this.#node(
      call === "__print_flags"
        ? { op: "flags", of, delimiter, names }
        : { op: "symbol", of, names },
    );
  }

  /** @returns Null for a name that the kernel has not replaced by a number. */
  #constant(): bigint | null {
    const tokens = this.#tokens;
    if (tokens.next.kind === "name") {
      tokens.take();
      if (tokens.is(",")) return null;
      throw new Unparsable("a constant");
    }
    const value = this.#choice();
    if (this.#unknown) throw new Unparsable("no constant");
    return constantOf(value);
  }
}
