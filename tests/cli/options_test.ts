// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "../../cli/errors.ts";
import { OPTIONS, type OptionSpec } from "../../cli/options.ts";
import { parseCommandLine } from "../../cli/parse.ts";

const SPECS = Object.entries<OptionSpec>(OPTIONS);

/** The message of the usage error that arguments give. */
function complaint(...args: string[]): string {
  return assertThrows(() => parseCommandLine(args), UsageError).message;
}

Deno.test("options: no name and no letter twice, all well formed", () => {
  const names = SPECS.flatMap(([name, { short }]) =>
    short ? [name, short] : [name]
  );
  assertEquals(names.length, new Set(names).size);
  for (const [name, spec] of SPECS) {
    assertMatch(name, /^[a-z][a-z-]*$/);
    assertMatch(spec.short ?? "a", /^[a-zA-Z]$/);
    assertMatch(spec.summary, /^[A-Z].*[^.]$/);
    assertEquals(spec.argument !== undefined, spec.kind === "value", name);
    assert(!(spec.required && spec.default), name);
    if (spec.choices && !spec.required) {
      assert(spec.choices.includes(spec.default ?? ""), name);
    }
  }
});

Deno.test("parse: short, long and joined forms give the same", () => {
  const forms = [["-s", "/r"], ["--shm", "/r"], ["--shm=/r"], ["-s=/r"]];
  for (const form of forms) {
    const { command, options } = parseCommandLine(form);
    assertEquals([command.name, options.shm], ["read", ["/r"]]);
  }
});

Deno.test("parse: defaults", () => {
  const { options } = parseCommandLine(["-s", "123"]);
  assertEquals(options.shm, ["123"]);
  assertEquals(options.format, "text");
  assertEquals([options.once, options.quiet, options.verbose], [
    false,
    false,
    false,
  ]);
});

Deno.test("parse: letters of flags join", () => {
  const { options } = parseCommandLine(["-qv", "-s", "r", "--once"]);
  assertEquals([options.once, options.quiet, options.verbose], [
    true,
    true,
    true,
  ]);
});

Deno.test("parse: help after a command is that command's", () => {
  const { command, named, options } = parseCommandLine(["list", "--help"]);
  assertEquals([command.name, named, options.help], ["list", true, true]);
  assertEquals(parseCommandLine(["-h"]).named, false);
});

Deno.test("parse: help and version need nothing else", () => {
  assertEquals(parseCommandLine(["--help"]).options.help, true);
  assertEquals(parseCommandLine(["-h"]).options.h, true);
  assertEquals(parseCommandLine(["--version"]).options.version, true);
});

const WRONG: readonly (readonly [string[], RegExp])[] = [
  [[], /option -s, --shm is missing: give NAME/],
  [["-s"], /option -s, --shm needs a value: NAME/],
  [["--shm"], /option -s, --shm needs a value: NAME/],
  [["--shm="], /option -s, --shm needs a value: NAME/],
  [["-s", "-q"], /option -s, --shm needs a value: NAME/],
  [["-s", "r", "--format"], /option --format needs a value: FORMAT/],
  [["-s", "r", "--format", "xml"], /option --format: "xml" is none of text/],
  [["-s", "r", "--bogus"], /unknown option --bogus/],
  [["-s", "r", "--bogus=1"], /unknown option --bogus;/],
  [["-s", "r", "-x"], /unknown option -x/],
  [["-s", "r", "--no-once"], /unknown option --no-once/],
  [["-s", "r", "--shm.x", "1"], /unknown option --shm\.x/],
  [["-s", "r", "--__proto__", "1"], /unknown option --__proto__/],
  [["-s", "r", "--once=no"], /option --once takes no value/],
  [["-s", "r", "--time", "noon"], /option --time: "noon" is none of auto, up/],
  [["-s", "r", "--color", "red"], /option --color: "red" is none of auto, al/],
  [["list", "--event", "klog"], /option --event is for read and dump only/],
  [["-s", "r", "more"], /unexpected argument "more"/],
  [["-s", "r", "--", "-q"], /unexpected argument "-q"/],
];

for (const [args, expected] of WRONG) {
  Deno.test(`parse refuses: ${args.join(" ") || "(nothing)"}`, () => {
    assertMatch(complaint(...args), expected);
  });
}
