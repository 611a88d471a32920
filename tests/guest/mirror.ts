// SPDX-License-Identifier: MIT
/**
 * Brings the three descriptions of the wire (C header, TypeScript table,
 * PROTOCOL.md) into one shape, and compares them.
 *
 * @module
 */

/** One description of the wire. */
export interface Wire {
  /** Constants by their C names without `IVRING_`. */
  constants: Record<string, bigint>;
  /** Structs by their C names without `ivring_`. */
  structs: Record<string, WireStruct>;
}

/** Size and members of one struct. */
export interface WireStruct {
  sizeBytes: number;
  /** By C name: offset and, if the description has it, size in bytes. */
  members: Record<string, { offsetBytes: number; sizeBytes?: number }>;
}

/** Names found in a C header, before a compiler gave them numbers. */
export interface HeaderNames {
  /** Constants, without `IVRING_`. */
  constants: string[];
  /** Struct names without `ivring_`, and their members' names. */
  structs: Record<string, string[]>;
}

/**
 * Lists the constants and struct members of the ABI header.
 *
 * @param text The header.
 * @throws {Error} If a line inside a struct is not understood.
 */
export function parseHeader(text: string): HeaderNames {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, " ");
  const defines = code.matchAll(/^#define\s+IVRING_(\w+)[ \t]+\S/gm);
  const structs: Record<string, string[]> = {};
  for (const m of code.matchAll(/struct ivring_(\w+)\s*\{([\s\S]*?)\n\};/g)) {
    structs[m[1]] = m[2].split(";").map((s) => s.trim()).filter((s) => s)
      .map((member) => memberName(m[1], member));
  }
  return { constants: [...defines].map((m) => m[1]), structs };
}

function memberName(struct: string, member: string): string {
  const found =
    /^(?:__le16|__le32|__le64|__u8|struct ivring_\w+)\s+(\w+)(?:\[\w+\])?$/
      .exec(member);
  if (!found) throw new Error(`struct ivring_${struct}: unclear "${member}"`);
  return found[1];
}

/** Returns a C program that prints what {@linkcode parseFacts} reads. */
export function factsProgram(names: HeaderNames): string {
  const lines = names.constants.map((c) =>
    `printf("const ${c} %llu\\n", (unsigned long long)(IVRING_${c}));`
  );
  for (const [struct, members] of Object.entries(names.structs)) {
    const type = `struct ivring_${struct}`;
    lines.push(`printf("struct ${struct} %zu\\n", sizeof(${type}));`);
    for (const m of members) {
      lines.push(
        `printf("member ${struct}.${m} %zu %zu\\n", offsetof(${type}, ${m}), ` +
          `sizeof(((${type} *)0)->${m}));`,
      );
    }
  }
  return '#include <stdio.h>\n#include "ivring_abi.h"\nint main(void)\n{\n' +
    lines.join("\n") + "\nreturn 0;\n}\n";
}

/** Reads what the program of {@linkcode factsProgram} printed. */
export function parseFacts(stdout: string): Wire {
  const wire: Wire = { constants: {}, structs: {} };
  for (const line of stdout.trim().split("\n")) {
    const [kind, name, first, second] = line.split(" ");
    if (kind === "const") wire.constants[name] = BigInt(first);
    else if (kind === "struct") {
      wire.structs[name] = { sizeBytes: Number(first), members: {} };
    } else {
      const [struct, member] = name.split(".");
      wire.structs[struct].members[member] = {
        offsetBytes: Number(first),
        sizeBytes: Number(second),
      };
    }
  }
  return wire;
}

/** Brings the exports of `ring/layout.ts` into the common shape. */
export function fromLayout(layout: Record<string, object>): Wire {
  const wire: Wire = { constants: {}, structs: {} };
  for (const [name, table] of Object.entries(layout)) {
    if (name === "ABI") {
      for (const [key, value] of Object.entries(table)) {
        wire.constants[key] = BigInt(value);
      }
      continue;
    }
    const { size, ...fields } = table as Record<string, number>;
    const members = Object.entries(fields).map((
      [key, offsetBytes],
    ) => [snake(key), { offsetBytes }]);
    wire.structs[name.toLowerCase()] = {
      sizeBytes: size,
      members: Object.fromEntries(members),
    };
  }
  return wire;
}

function snake(camel: string): string {
  return camel.replace(/[A-Z]/g, (c) => "_" + c.toLowerCase());
}

/** Brings the tables of `guest/PROTOCOL.md` into the common shape. */
export function fromMarkdown(text: string): Wire {
  const wire: Wire = { constants: {}, structs: {} };
  let struct: WireStruct | undefined;
  let columns = "";
  for (const line of text.split("\n")) {
    const heading = /^#+ .*?`struct ivring_(\w+)` \((\d+) bytes\)/.exec(line);
    if (heading) {
      struct = { sizeBytes: Number(heading[2]), members: {} };
      wire.structs[heading[1]] = struct;
    } else if (/^#+ /.test(line)) struct = undefined;
    if (!line.startsWith("|")) {
      columns = "";
      continue;
    }
    const cells = line.split("|").slice(1, -1)
      .map((c) => c.trim().replaceAll("`", ""));
    if (columns === "") columns = cells.slice(0, 3).join(" ").toLowerCase();
    else if (/^[-:]+$/.test(cells[0])) continue;
    else if (columns === "name value meaning") {
      wire.constants[cells[0].replace(/^IVRING_/, "")] = BigInt(cells[1]);
    } else if (struct && columns === "offset bytes field") {
      struct.members[cells[2]] = {
        offsetBytes: Number(cells[0]),
        sizeBytes: Number(cells[1]),
      };
    }
  }
  return wire;
}

/** Lists the bytes of structs that no member covers, a line for each gap. */
export function implicitPadding(wire: Wire): string[] {
  const holes: string[] = [];
  for (const [name, s] of Object.entries(wire.structs)) {
    let at = 0;
    for (const [member, m] of Object.entries(s.members)) {
      if (m.offsetBytes !== at) holes.push(`${name}: hole before ${member}`);
      at = m.offsetBytes + (m.sizeBytes ?? 0);
    }
    if (at !== s.sizeBytes) holes.push(`${name}: hole at its end`);
  }
  return holes;
}

/**
 * Compares two descriptions both ways.
 *
 * @param a The authority.
 * @param b The mirror.
 * @returns One line for each difference; none if they agree.
 */
export function differences(a: Wire, b: Wire): string[] {
  const found = compare("constant", a.constants, b.constants);
  found.push(...compare("struct", sizes(a), sizes(b)));
  for (const name of Object.keys(a.structs)) {
    const theirs = b.structs[name]?.members;
    if (!theirs) continue;
    const ours = a.structs[name].members;
    const told = Object.values(theirs).some((m) => m.sizeBytes !== undefined);
    found.push(...compare(name, places(ours, told), places(theirs, told)));
  }
  return found;
}

function sizes(wire: Wire): Record<string, number> {
  const pairs = Object.entries(wire.structs).map(([k, s]) => [k, s.sizeBytes]);
  return Object.fromEntries(pairs);
}

function places(
  members: WireStruct["members"],
  withSize: boolean,
): Record<string, string> {
  const pairs = Object.entries(members).map(([name, m]) => [
    name,
    withSize ? `${m.offsetBytes}+${m.sizeBytes}` : `${m.offsetBytes}`,
  ]);
  return Object.fromEntries(pairs);
}

function compare<T>(
  what: string,
  a: Record<string, T>,
  b: Record<string, T>,
): string[] {
  const found: string[] = [];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (!Object.hasOwn(b, key)) found.push(`${what} ${key} is missing`);
    else if (!Object.hasOwn(a, key)) found.push(`${what} ${key} is unknown`);
    else if (a[key] !== b[key]) {
      found.push(`${what} ${key} is ${b[key]}, not ${a[key]}`);
    }
  }
  return found;
}
