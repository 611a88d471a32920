// SPDX-License-Identifier: MIT
/**
 * Finds the fields that a `print fmt` names.
 *
 * @module
 */
import { type EventField, isDynamic } from "./event_field.ts";
import { Unparsable } from "./print_tokens.ts";

/**
 * An event's fields by the names that the kernel gives them. A kernel event may
 * have a dynamic field and another one of the same name.
 */
export class FieldNames {
  readonly #dynamic = new Map<string, EventField>();
  readonly #fixed = new Map<string, EventField>();

  constructor(fields: readonly EventField[]) {
    for (const field of fields) {
      const byName = isDynamic(field) ? this.#dynamic : this.#fixed;
      if (!byName.has(field.sourceName)) byName.set(field.sourceName, field);
    }
  }

  /** Returns a dynamic field, or undefined if there is none. */
  dynamic(name: string): EventField | undefined {
    return this.#dynamic.get(name);
  }

  /** Returns a field that is not dynamic. @throws {Unparsable} */
  fixed(name: string): EventField {
    const field = this.#fixed.get(name);
    if (field === undefined) throw new Unparsable(`no field ${name}`);
    return field;
  }

  /** Returns a field of any kind, or undefined if there is none. */
  any(name: string): EventField | undefined {
    return this.#fixed.get(name) ?? this.#dynamic.get(name);
  }
}
