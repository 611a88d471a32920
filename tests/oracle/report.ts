// SPDX-License-Identifier: MIT
/**
 * Writes down what a comparison found.
 *
 * @module
 */
import type { Comparison, Verdict } from "./compare.ts";
import type { Reported } from "./trace_cmd.ts";

function count<T>(things: readonly T[], key: (thing: T) => readonly string[]) {
  const counts = new Map<string, number>();
  for (const thing of things) {
    for (const name of key(thing)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/** Returns how many records differ for no listed reason. */
export function differentIn(all: readonly Comparison[]): number {
  return all.flatMap((c) => c.verdicts)
    .filter((v) => v.result === "different").length;
}

/** Returns a table of figures. */
export function tableOf(all: readonly Comparison[]): string {
  const lines: string[] = [];
  const row = (name: string, value: number) =>
    lines.push(`${String(value).padStart(7)}  ${name}`);
  const verdicts = all.flatMap((c) => c.verdicts);
  const of = (result: Verdict["result"]) =>
    verdicts.filter((v) => v.result === result).length;
  row("formats", all.length);
  row("refused by the reader", all.filter((c) => c.refusal !== null).length);
  row("printed in the kernel's style", all.filter((c) => c.kernelStyle).length);
  row(
    "printed by fields",
    all.filter((c) => c.refusal === null && !c.kernelStyle).length,
  );
  row(
    "not compiled by gcc",
    all.filter((c) => c.judged.refused !== null).length,
  );
  row(
    "with names that only the kernel knows",
    all.filter((c) => c.judged.unknowns.names.size > 0).length,
  );
  row("records compared", verdicts.length);
  row("equal", of("equal"));
  for (const [name, n] of count(verdicts, (v) => v.reasons)) {
    row(`  of which but for: ${name}`, n);
  }
  row("undefined in C, or pointing into the kernel", of("undefined"));
  row("behind the record", of("unrealistic"));
  row("DIFFERENT", of("different"));
  row(
    "formats with a difference",
    all.filter((c) => c.verdicts.some((v) => v.result === "different")).length,
  );
  return lines.join("\n");
}

/** Returns all that is not equal, for people who look for the reasons. */
export function detailsOf(all: readonly Comparison[]): string {
  const lines: string[] = [];
  for (const { judged, refusal, kernelStyle, verdicts } of all) {
    const { file, format, unknowns, refused } = judged;
    const where = `${file.set}/${file.system}/${file.name}`;
    const print = [format.format, ...format.args].join(", ");
    if (refusal !== null) lines.push(`REFUSED ${where}: ${refusal}`);
    else if (!kernelStyle) lines.push(`FIELDS ${where}: ${print}`);
    if (refused !== null) lines.push(`GCC ${where}: ${refused}`);
    if (unknowns.names.size > 0) {
      lines.push(`NAMES ${where}: ${[...unknowns.names].join(" ")}`);
    }
    for (const [i, message] of unknowns.args) {
      lines.push(`ARGUMENT ${where}: ${message}: ${format.args[i]}`);
    }
    for (const { record, reader, result } of verdicts) {
      if (result === "equal") continue;
      lines.push(
        `${result.toUpperCase()} ${where} ${record.kind} ${
          record.events.toString(16)
        }`,
      );
      if (result === "undefined") continue;
      lines.push(`  print  ${print}`);
      lines.push(`  gcc    ${JSON.stringify(record.text)}`);
      lines.push(`  reader ${JSON.stringify(reader)}`);
    }
  }
  return lines.join("\n") + "\n";
}

/** Tells whether trace-cmd's report shows a fault of the trace.dat. */
export function isFault({ result }: Reported): boolean {
  return result === "ours" || result === "missing";
}

const RESULTS: readonly (readonly [Reported["result"], string])[] = [
  ["equal", "equal"],
  ["fields", "equal but for arguments shown as fields"],
  ["intended", "different as intended"],
  ["wrong", "wrong, for gcc understands the print format in the file"],
  ["ours", "DIFFERENT in the print format of the file"],
  ["missing", "MISSING, for trace-cmd ended"],
];

/** Returns a table of what trace-cmd reported. */
export function toolTableOf(all: readonly Reported[]): string {
  const row = (value: number, name: string) =>
    `${String(value).padStart(7)}  ${name}`;
  const reasons = count(all, ({ reason }) => reason ? [reason] : []);
  return [
    row(all.length, "records reported by trace-cmd"),
    ...RESULTS.map(([result, name]) =>
      row(all.filter((one) => one.result === result).length, name)
    ),
    ...reasons.map(([name, n]) => row(n, `  intended: ${name}`)),
  ].join("\n");
}

/** Returns all reports that are not equal. */
export function toolDetailsOf(all: readonly Reported[]): string {
  return all.filter(({ result }) => result !== "equal").map((one) => {
    const { file, kernel, ours, tool } = one;
    return `${one.result} ${
      one.reason ?? ""
    } ${file.set}/${file.system}/${file.name}
  print  ${one.print}
  gcc    ${JSON.stringify(kernel)}
  file   ${JSON.stringify(ours)}
  tool   ${JSON.stringify(tool)}
`;
  }).join("");
}
