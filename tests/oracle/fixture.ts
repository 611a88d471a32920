// SPDX-License-Identifier: MIT
/**
 * The formats that are judged in each test run: a selection that has every
 * construct of all formats.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { COMMON } from "../support/events.ts";
import { chooseFormats } from "./choose.ts";
import type { FormatFile } from "./format_files.ts";

const PATH = `${ROOT}/tests/fixtures/oracle_formats.json`;
const TEXT_BYTES_MAX = 200_000;
/** Stands for the lines that are in every format. */
const HERE = "format:\n\n";

/** Reads the fixture. */
export function readFixture(): FormatFile[] {
  const texts: Record<string, string> = JSON.parse(Deno.readTextFileSync(PATH));
  return Object.entries(texts).map(([path, text]) => {
    const [set, system, name] = path.split("/");
    const whole = `name: ${name}\n` +
      text.replace(HERE, () => `format:\n${COMMON}\n`);
    return { set, system, name, text: whole };
  });
}

/** Chooses formats and writes the fixture. @returns How many there are. */
export function writeFixture(files: readonly FormatFile[]): number {
  const plain = files.filter(({ text }) => text.includes(COMMON));
  const chosen = chooseFormats(plain, TEXT_BYTES_MAX)
    .map(({ set, system, name, text }) => [
      `${set}/${system}/${name}`,
      text.replace(`name: ${name}\n`, "").replace(COMMON, ""),
    ]).toSorted(([a], [b]) => a < b ? -1 : 1);
  const texts = JSON.stringify(Object.fromEntries(chosen), null, 2);
  Deno.writeTextFileSync(PATH, texts + "\n");
  return chosen.length;
}
