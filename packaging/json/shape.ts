// SPDX-License-Identifier: MIT
/**
 * Words to describe JSON with, as JSON Schema (draft 2020-12).
 *
 * @module
 */

/** A JSON Schema, as far as one is needed here. */
export interface Schema {
  /** What people call such a value, where its type alone does not say it. */
  readonly title?: string;
  /** What it means. */
  readonly description?: string;
  readonly $ref?: string;
  readonly type?: "string" | "integer" | "object" | "array" | "null";
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | false;
}

/** A member of an object. */
export interface Member {
  readonly schema: Schema;
  /** Whether it may be absent. */
  readonly optional?: true;
}

/** The members of an object: one for each that the type `T` has. */
export type Members<T = Readonly<Record<string, unknown>>> = {
  readonly [K in keyof T]-?: Member;
};

/** Any text. */
export const TEXT: Schema = { type: "string" };

/** A number of things, or a place among them. */
export const COUNT: Schema = {
  type: "integer",
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
};

/** A whole number that may be negative. */
export const INTEGER: Schema = {
  type: "integer",
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
};

/**
 * A whole number that is a string only where many parsers would round it. The
 * longest have 29 digits: 2^64 seconds in nanoseconds.
 */
export const NUMBER: Schema = {
  anyOf: [
    INTEGER,
    {
      title: "string of digits",
      type: "string",
      pattern: "^-?[0-9]{16,29}$",
    },
  ],
};

/** A whole number that may be 2^53 or more. */
export const DIGITS: Schema = {
  title: "string of digits",
  type: "string",
  pattern: "^[0-9]+$",
};

/** Bytes. */
export const HEX: Schema = {
  title: "string of hexadecimal digits",
  type: "string",
  pattern: "^([0-9a-f]{2})*$",
};

/** The id of a session. */
export const SESSION: Schema = {
  title: "string of 16 hexadecimal digits",
  type: "string",
  pattern: "^[0-9a-f]{16}$",
};

/** Returns the schema of a single value. */
export function only(value: string | number | boolean | null): Schema {
  return { const: value };
}

/** Returns the schema of one of some words or numbers. */
export function oneOf(values: readonly (string | number)[]): Schema {
  return { enum: values };
}

/** Returns the schema of a value that may also be null. */
export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

/**
 * Returns the schema of a word for a number that the guest gives.
 *
 * @param words For the numbers that the reader knows.
 * @param prefix What it puts in front of any other number; "" for nothing.
 */
export function wordFor(words: readonly string[], prefix: string): Schema {
  const title = prefix === "" ? "a number as a string" : `\`${prefix} N\``;
  const pattern = prefix === "" ? "^[0-9]+$" : `^${prefix} [0-9]+$`;
  return { anyOf: [oneOf(words), { title, type: "string", pattern }] };
}

/** Describes a member that is always there. */
export function member(schema: Schema, description: string): Member {
  return { schema: { ...schema, description } };
}

/** Describes a member that may be absent. */
export function maybe(schema: Schema, description: string): Member {
  return { ...member(schema, description), optional: true };
}

/**
 * Returns the schema of an object that has these members and no others.
 *
 * @param together Members that are either all there or all absent.
 */
export function object<T>(
  members: Members<T>,
  together: readonly string[] = [],
): Schema {
  const all = Object.entries<Member>(members);
  const properties = all.map(([name, { schema }]) => [name, schema] as const);
  const required = all.filter(([, { optional }]) => !optional);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    required: required.map(([name]) => name),
    ...(together.length === 0 ? {} : {
      dependentRequired: Object.fromEntries(
        together.map((
          name,
        ) => [name, together.filter((each) => each !== name)]),
      ),
    }),
    additionalProperties: false,
  };
}
