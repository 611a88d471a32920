// SPDX-License-Identifier: MIT
/**
 * Checks the imports of the shipped sources: they run downwards only, and never
 * in a circle. It follows that only `cli/arguments` and the rooms above it know
 * the strings that stand for options, because no room below can import their
 * table.
 *
 * @module
 */

/**
 * The floors from top to bottom, with the rooms on each. A file may import from
 * its own room, and from rooms on lower floors.
 */
const FLOORS: readonly (readonly string[])[] = [
  [""], // main.ts
  ["cli/command_line"],
  ["cli/commands"],
  ["cli/arguments"],
  ["cli/printing", "cli/traces"],
  ["cli/files"],
  ["cli/formats"],
  ["cli/reports"],
  ["cli/regions", "cli/symbols"],
  ["cli/console"],
  ["cli"],
  ["ring/ctf", "ring/writer"],
  // The library needs nothing of the system: it is published without `ffi`.
  ["ring", "ffi"],
];

/** What other programs import: it is no way for the library's own files. */
const DOOR = "ring/mod.ts";

/**
 * Folders that belong to another one's room: formats and symbols are parts of a
 * region.
 */
const PART_OF: Readonly<Record<string, string>> = {
  "ring/events": "ring",
  "ring/events/functions": "ring",
  "ring/symbols": "ring",
};

const IMPORT = /\b(?:from|import)(?:\s+|\s*\(\s*)"(\.[^"]+)"/g;

/**
 * Finds imports that violate the plan.
 *
 * @param sources The text of each file, by its path from the root.
 * @returns One line for each fault.
 */
export function importFaults(sources: ReadonlyMap<string, string>): string[] {
  const imports = new Map<string, string[]>();
  for (const [path, text] of sources) {
    const found = [...text.matchAll(IMPORT)].map(([, to]) => resolved(path, to))
      .filter((to) => sources.has(to));
    imports.set(path, found);
  }
  return [...upward(imports), ...circles(imports)];
}

function resolved(from: string, to: string): string {
  return new URL(to, `file:///${from}`).pathname.slice(1);
}

function upward(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const faults: string[] = [];
  for (const [path, targets] of imports) {
    const [floor, room] = placeOf(path);
    if (floor < 0) faults.push(`${path}: this folder has no place in the plan`);
    for (const target of targets) {
      if (target === DOOR && path.startsWith("ring/")) {
        faults.push(`${path} imports ${DOOR}, which is for other programs`);
      }
      const [below, other] = placeOf(target);
      if (other === room || below > floor) continue;
      faults.push(`${path} imports ${target}, which is not below it`);
    }
  }
  return faults;
}

/** Returns the floor and the room of a file; the floor is -1 if it has none. */
function placeOf(path: string): [floor: number, room: string] {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const room = PART_OF[folder] ?? folder;
  return [FLOORS.findIndex((rooms) => rooms.includes(room)), room];
}

/** Finds files that import themselves through others. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const faults: string[] = [];
  const visit = (path: string, way: readonly string[]) => {
    const begin = way.indexOf(path);
    if (begin >= 0) {
      faults.push(`a circle: ${[...way.slice(begin), path].join(" > ")}`);
    }
    if (done.has(path) || begin >= 0) return;
    for (const target of imports.get(path)!) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return faults;
}
