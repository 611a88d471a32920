// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "../../cli/errors.ts";
import { OPTIONS, type OptionSpec } from "../../cli/arguments/options.ts";
import { parseCommandLine } from "../../cli/command_line/parse.ts";

const SPECS = Object.entries<OptionSpec>(OPTIONS);

/** Returns the message of the usage error that arguments cause. */
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

Deno.test("parse: forms that other tools take give the same", () => {
  const options = (...args: string[]) =>
    parseCommandLine(["-s", "/r", ...args]).options;
  const last = [["-n", "5"], ["-n5"], ["-n=5"], ["-n", "-5"], ["--lines=-5"]];
  for (const form of last) assertEquals(options(...form).lines, 5, `${form}`);
  for (const form of [["-f", "-"], ["-f-"], ["--file=-"], ["--file", "-"]]) {
    assertEquals(options(...form).file, undefined, `${form}`);
  }
  assertEquals(options("-fx.log").file, "x.log");
  assertEquals(options("-f", "./-").file, "./-");
  assertEquals(parseCommandLine(["-qvs/r"]).options.shm, ["/r"]);
});

Deno.test("parse: a value that begins with a dash stands behind =", () => {
  assertEquals(parseCommandLine(["-s=-vm1"]).options.shm, ["-vm1"]);
  assertEquals(parseCommandLine(["--shm=-vm1"]).options.shm, ["-vm1"]);
});

Deno.test("parse: words behind a command are objects", () => {
  const shm = (...args: string[]) => parseCommandLine(args).options.shm;
  assertEquals(shm("dump", "vm1"), ["vm1"]);
  assertEquals(shm("dump", "-q", "true", "--raw", "false"), ["true", "false"]);
  assertEquals(shm("info", "vm1", "/vm2"), ["vm1", "/vm2"]);
  assertEquals(shm("-q", "record", "-o", "t", "007"), ["007"]);
  assertEquals(shm("/vm1", "-q"), ["/vm1"]);
  assertEquals(shm("read", "/dev/shm/vm1"), ["/dev/shm/vm1"]);
});

Deno.test("parse: help and version, as words and as options", () => {
  const asked = (...args: string[]) => {
    const { command, named, options } = parseCommandLine(args);
    const { h, help, version } = options;
    const what = [h && "h", help && "help", version && "version"];
    return [named ? command.name : "", ...what.filter(Boolean)].join(" ");
  };
  assertEquals(asked("help"), " help");
  assertEquals(asked("help", "dump"), "dump help");
  assertEquals(asked("dump", "help"), "dump help");
  assertEquals(asked("help", "--format"), " help");
  assertEquals(asked("version"), " version");
  assertEquals(asked("-V"), " version");
  assertEquals(asked("version", "dump"), " version");
  assertEquals(asked("help", "help"), " help");
  assertEquals(asked("help", "version"), " help");
  assertEquals(asked("HELP", "Dump"), "dump help");
  assertEquals(asked("dump", "HELP"), "dump help");
  assertEquals(asked("-s", "", "-h"), " h");
  assertEquals(asked("-n", "1", "-n", "2", "-s", "-vm1", "-h"), " h");
  assertMatch(complaint("help", "dmup"), /command "dmup": .*mean dump\?$/);
});

Deno.test("parse: sizes have one grammar; a bare number means what it did", () => {
  const of = (name: "size" | "rotate-mib" | "threshold", value: string) =>
    parseCommandLine(["-s", "/r", "-f", "l", `--${name}=${value}`])
      .options[name];
  for (const each of ["2", "2M", "2m", "2MiB", "2 mib", "2048k", "2097152B"]) {
    assertEquals(of("size", each), 2 << 20, each);
    assertEquals(of("rotate-mib", each), 2 << 20, each);
  }
  const sizes = ["65536", "64k", "64K", "64KiB", "65536b", "65536 bytes"];
  for (const each of sizes) assertEquals(of("threshold", each), 65536, each);
  assertEquals(of("threshold", "1G"), 2 ** 30);
  assertEquals(of("rotate-mib", "1T"), 2 ** 40);
  assertEquals(of("threshold", "0"), 0);
  assertEquals(of("size", "64k"), 65536);
});

Deno.test("parse: words have any case", () => {
  const { options } = parseCommandLine([
    ...["-s", "/r", "--format", "JSON", "--level", "ERR", "--time", "UTC"],
    ...["--color", "Always", "--event", "KLOG"],
  ]);
  const { format, time, color, level, event } = options;
  assertEquals([format, time, color], ["json", "utc", "always"]);
  assertEquals(level, { from: 0, to: 3 });
  assert(event[0].matches("klog"));
});

Deno.test("parse: commands and long options have any case; letters and objects do not", () => {
  const { command, options } = parseCommandLine([
    ...["Dump", "VM1", "--LINES", "5", "--Format=json", "--No-Config", "-q"],
  ]);
  assertEquals(command.name, "dump");
  assertEquals([options.shm, options.lines, options.format], [
    ["VM1"],
    5,
    "json",
  ]);
  assertEquals(parseCommandLine(["LIST"]).command.name, "list");
  assertEquals(parseCommandLine(["--ALL"]).options.all, true);
  assertEquals(parseCommandLine(["/LIST"]).options.shm, ["/LIST"]);
  assertEquals(parseCommandLine(["VERSION"]).options.version, true);
  assertMatch(complaint("-s", "r", "--ONCE=1"), /--once takes no value/);
  assertMatch(complaint("-s", "r", "-Q"), /unknown option -Q/);
});

Deno.test("parse: what a command does anyway may be asked for", () => {
  const parsed = (...args: string[]) => parseCommandLine(args).options;
  assertEquals(parsed("dump", "vm1", "--once").shm, ["vm1"]);
  assertEquals(parsed("info", "vm1", "--once").shm, ["vm1"]);
  assertEquals(parsed("list", "--all", "--once").json, false);
  const convert = ["convert", "--to", "ctf", "vm1", "-o", "t", "--once"];
  assertEquals(parsed(...convert).output, "t");
  // Their only other format has a flag of its own.
  assertEquals(parsed("list", "--format", "JSON").json, true);
  assertEquals(parsed("info", "vm1", "--format=text").json, false);
  assertMatch(complaint("list", "--format", "xml"), /--format is for read and/);
});

Deno.test("parse: an option with one value may be repeated with the same only", () => {
  const { options } = parseCommandLine(["-s", "r", "-n", "5", "--lines=5"]);
  assertEquals(options.lines, 5);
  const lists = parseCommandLine(["-s", "a", "-s", "b", "--owner", "u"]);
  assertEquals(lists.options.shm, ["a", "b"]);
  for (const [name, spec] of SPECS) {
    if (spec.kind === "flag" || spec.list) continue;
    const message = complaint("dump", `--${name}=a`, `--${name}=b`);
    assertMatch(message, /^option .* is given twice, with "a" and with "b": g/);
  }
});

const WRONG: readonly (readonly [string[], RegExp])[] = [
  [[], /option -s, --shm is missing: give NAME/],
  [["-s"], /option -s, --shm needs a value: NAME/],
  [["-s", ""], /option -s, --shm needs a value: NAME/],
  [["--shm"], /option -s, --shm needs a value: NAME/],
  [["--shm="], /option -s, --shm needs a value: NAME/],
  [["-s", "-q"], /option -s, --shm needs a value: NAME/],
  [["-s", "a/b"], /option -s, --shm: "a\/b" names no shared memory object/],
  [["-s", "r", "--format"], /option --format needs a value: FORMAT/],
  [["-s", "r", "--format", "xml"], /option --format: "xml" is none of text/],
  [["-s", "r", "--format", "jsn"], /text, json; did you mean json\?$/],
  [["-s", "r", "--bogus"], /unknown option --bogus; see --help$/],
  [["-s", "r", "--bogus=1"], /unknown option --bogus;/],
  [["-s", "r", "--formt=json"], /option --formt; did you mean --format\?$/],
  [["-s", "r", "--sever"], /option --sever; did you mean --server\?$/],
  [["-s", "r", "--files"], /option --files; did you mean -f, --file\?$/],
  [["-s", "r", "--list"], /option --list; did you mean the command list\?$/],
  [["-s", "r", "--follow"], /option --follow: following needs no option/],
  [["-s", "r", "-50"], /option -50; did you mean -n 50\?$/],
  [["-s", "r", "-Q"], /option -Q; did you mean -q, --quiet\?$/],
  [["-s", "r", "-x"], /unknown option -x/],
  [["-s", "r", "-once"], /^unknown option -once; did you mean --once\?$/],
  [["-format=json"], /^unknown option -format; did you mean --format\?$/],
  [["-s", "r", "-qx"], /unknown option -x/],
  [["-s", "r", "-q=1"], /option -q takes no value/],
  [["-s", "r", "--no-once"], /unknown option --no-once/],
  [["-s", "r", "--shm.x", "1"], /unknown option --shm\.x/],
  [["-s", "r", "--__proto__", "1"], /unknown option --__proto__/],
  [["-s", "r", "--once=no"], /option --once takes no value/],
  [["-s", "r", "--time", "noon"], /option --time: "noon" is none of auto, up/],
  [["-s", "r", "--color", "red"], /option --color: "red" is none of auto, al/],
  [
    ["-s", "r", "--level", "wraning"],
    /two with \.\. .*did you mean warning\?$/,
  ],
  [["list", "--event", "klog"], /option --event is for read and dump only/],
  [["-s", "r", "more"], /unexpected argument "more": each object takes -s/],
  [["-s", "r", "--", "-q"], /unexpected argument "-q"/],
  [[""], /^unknown command "" \(an empty variable\?\)$/],
  [["dump", ""], /option -s, --shm needs a value: NAME$/],
  [["dump", "-f"], /option -f, --file needs a value: FILE/],
  [["-s", "r", "-q", "dmup"], /each object takes -s, .*; did you mean dump\?$/],
  [["dump", "saved/vm1"], /"saved\/vm1": a copy in a file is given as --image/],
  [["record", "a/b", "-o", "x"], /-s, --shm: "a\/b" names no shared memory/],
  [["dump", "-s", "r", "x"], /unexpected argument "x": each object takes -s/],
  [["-s", "r", ""], /unexpected argument "" \(an empty variable\?\)/],
  [["list", "vm1"], /unexpected argument "vm1": list takes no objects/],
  [["lst"], /^unknown command "lst": there are read, .*; did you mean list\?$/],
  [["DUMPP", "-q"], /; did you mean dump\?$/],
  [["dmup", "vm1"], /^unknown command "dmup": .*; did you mean dump\?$/],
  [["tail", "vm1"], /"tail": .*; did you mean read vm1, or dump vm1\?$/],
  [["follow", "vm1"], /"follow": .*; did you mean read vm1\?$/],
  [["cat", "vm1", "-q"], /"cat": .*; did you mean dump vm1, or read vm1\?$/],
  [["ls"], /^unknown command "ls": .*; did you mean list\?$/],
  [["status", "vm1"], /; did you mean list, or info vm1\?$/],
  [["dominfo", "vm1"], /; did you mean info vm1\?$/],
  [["help", "ls"], /^unknown command "ls": .*; did you mean list\?$/],
  [["dump", "--all", "vm1"], /"vm1": an object and --all do not go together/],
  [["dump", "--image", "f", "vm1"], /an object and --image do not go togeth/],
  [
    ["convert", "--to", "ctf", "--trace", "t", "vm1"],
    /an object and --trace do not go together: give one of them$/,
  ],
  // A flag takes no word, whatever the word is.
  [
    ["read", "-s", "vm1", "--once", "false"],
    /unexpected argument "false": eac/,
  ],
  [["list", "--json", "true"], /unexpected argument "true": list takes no obj/],
  // An option that the command does not take is refused for that reason.
  [["record", "vm1", "--image", "x"], /--image is for info, dump and convert/],
  [["convert", "vm1", "--all"], /option --all is for read, info, dump and rec/],
  [["dump", "vm1", "--shm"], /"vm1": put it behind the option: -s vm1$/],
  [
    ["dump", "-s", "-vm1"],
    /^option -s, --shm needs a value: NAME; if "-vm1" is .* put "=" before it$/,
  ],
  [["-s", "r", "-f", "-my-log"], /needs a value: FILE; if "-my-log" is meant/],
  [["dump", "vm1", "--json"], /^option --json is for .*: give --format json$/],
  [["-s", "vm1", "-o", "json"], /^option -o, .* only: give --format json$/],
  [["-s", "vm1", "-o", "t"], /^option -o, --output is for .* only$/],
  [["convert", "--to", "ctf", "./cli"], /a trace .* given as --trace \.\/cli$/],
  [["dump", "./cli/x"], /a copy in a file is given as --image \.\/cli\/x$/],
  [["-s", "r", "--mode", "600"], /^option --mode needs --create or --server$/],
  [
    ["--all", "--create", "-m", "2"],
    /^option --create does not .* with --all$/,
  ],
  [["-s", "r*", "--create", "-m", "2"], /^option --create .* with a pattern$/],
  [["-s", "r", "--owner", ","], /^option --owner: "," names no user$/],
  [["-s", "r", "-f", "/dev/stdout"], /^option -f, --file: .*: give "-"$/],
  [["-s", "r", "-f", "/proc/self/fd/1"], /^option -f, --file: .*: give "-"$/],
  [["vm1"], /^unknown command "vm1": .*; an object is given as -s vm1$/],
  [["-s", "r", "-f"], /-f, --file needs a value: FILE \(it names the file/],
  [["-f", "-s", "r"], /needs a value: FILE \(it names .*; following needs/],
  [["-s", "r", "-fq"], /option -fq: -f names the file .*"q" put a space/],
  [["-f", "/vm1"], /option -s, --shm is missing: .*following needs no option/],
  [["record", "-s", "r", "-f", "x"], /is for read and dump only \(it names/],
  [["-s", "r", "--image", "-"], /--image is for info, dump and convert only/],
  [["dump", "--image", "-"], /option --image: "-" is standard input or output/],
  [["-s", "r", "--cursor-file", "-"], /--cursor-file: "-" is standard input/],
  [["-s", "r", "-n", "+5"], /option -n, --lines: "\+5" is no whole number/],
  [
    ["-s", "r", "-m", "3"],
    /option -m, --size: "3" is no power of two from 64K/,
  ],
  [["-s", "r", "-m", "2MB"], /-m, --size: "2MB" may count .*: give 2MiB/],
  [["-s", "r", "-m", "1.5"], /-m, --size: "1\.5" is no power of two/],
  [["-s", "r", "--threshold", "64 KX"], /--threshold: "64 KX" is no size from/],
  [
    ["-s", "r", "--threshold", "2G"],
    /from 0 to 1G, such as 4096 or 64K; .*byt/,
  ],
  [["convert"], /option -s, --shm is missing/],
  [["dump", "--to", "x"], /option --to is for convert only/],
  [
    ["convert", "--to", "ctf", "-s", "r", "-o", "x", "--epoch", "9x"],
    /option --epoch: "9x" is no whole number/,
  ],
];

for (const [args, expected] of WRONG) {
  const shown = args.join(" ") || "(nothing)";
  Deno.test(`parse refuses: ${shown} [${args.length}]`, () => {
    const message = complaint(...args);
    assertMatch(message, expected);
    // The wrong option is named once.
    const named = /^option (?:-\w, )?(--[a-z-]+)/.exec(message)?.[1];
    if (named !== undefined) assertEquals(message.split(named).length, 2);
  });
}

Deno.test("parse: what the parser calls words is no option", () => {
  for (const arg of ["-_", "--_", "--_=x", "--no-_", "-_x", "--_.x"]) {
    assertThrows(
      () => parseCommandLine(["dump", "-s", "/r", arg]),
      UsageError,
      "unknown option ",
    );
  }
});
