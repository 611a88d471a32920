// SPDX-License-Identifier: MIT
// Tests options from a file, which hold for every command line.
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseConfig } from "../../cli/command_line/config.ts";
import { UsageError } from "../../cli/errors.ts";
import { parseCommandLine } from "../../cli/command_line/parse.ts";
import { Guest } from "../support/guest.ts";
import {
  type Ended,
  readerCommand,
  runCommand,
} from "../support/reader_program.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import type { Change } from "../support/changes.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { testerUid } from "../support/users.ts";

const NOBODY = 65534;

/** Parses a command line, and a configuration file with this text. */
function optionsWith(text: string, ...args: string[]) {
  return parseCommandLine(args, () => parseConfig(text, "/c")).options;
}

Deno.test("config: lines are options, for each command that takes them", () => {
  const text = [
    "# for all of this host",
    "--owner libvirt-qemu",
    "  --owner=qemu  ",
    "--color = Never",
    "",
    "-q\r",
    "[ dump ]",
    "-n 100",
    "--format json",
    "[record]",
    "-S 64M",
  ].join("\n");
  const read = optionsWith(text, "-s", "/r");
  assertEquals([read.owner, read.color], [["libvirt-qemu", "qemu"], "never"]);
  assertEquals([read.quiet, read.lines, read.format], [
    true,
    undefined,
    "text",
  ]);
  const dump = optionsWith(text, "dump", "vm1");
  assertEquals([dump.lines, dump.format, dump.quiet], [100, "json", true]);
  const record = optionsWith(text, "record", "vm1", "-o", "t");
  assertEquals(record["rotate-mib"], 64 << 20);
  // `list` takes neither --color nor -q, which is not an error.
  assertEquals(optionsWith(text, "list").owner, ["libvirt-qemu", "qemu"]);
});

Deno.test("config: the command line comes first, then the command's section", () => {
  const text =
    "--format json\n--owner a\n--raw\n-s /c\n[dump]\n--format text\n" +
    "--owner b\n";
  assertEquals(optionsWith(text).shm, ["/c"]);
  const dump = optionsWith(text, "dump", "vm1");
  assertEquals([dump.format, dump.owner, dump.shm], ["text", ["b"], ["vm1"]]);
  const given = ["--format", "json", "--owner", "c", "--image", "i", "--safe"];
  const { format, owner, shm, raw, safe } = optionsWith(text, "dump", ...given);
  assertEquals([format, owner, shm, raw, safe], [
    "json",
    ["c"],
    [],
    false,
    true,
  ]);
  const without = optionsWith(text, "-s", "x", "--no-config");
  assertEquals([without.format, without.owner], ["text", []]);
});

Deno.test("config: # behind white space begins a comment, within a word it does not", () => {
  const text = "--owner libvirt-qemu # QEMU\n--color=never\t# no colours\n" +
    "[dump] # the black box\n-n 5\n  # all\n-f a#b\n";
  const { owner, color, lines, file } = optionsWith(text, "dump", "vm1");
  assertEquals([owner, color], [["libvirt-qemu"], "never"]);
  assertEquals([lines, file], [5, "a#b"]);
});

/**
 * Options in the file that do not fit, and the command lines that they do not
 * fit.
 */
const UNFIT: readonly (readonly [string, string[], RegExp])[] = [
  [
    "-S 10",
    ["-s", "x"],
    /^\/c:1: --rotate-mib is left out: it needs -f, --file$/,
  ],
  [
    "-S 10",
    ["-s", "x", "-f", "-"],
    /--rotate-mib is left out: it needs -f, --fil/,
  ],
  [
    "-N 3",
    ["-s", "x", "-f", "l"],
    /--keep-files is left out: it needs -S, --rota/,
  ],
  ["--cursor-file c", ["--all"], /--cursor-file .*not go together with --all$/],
  [
    "--cursor-file c",
    ["-s", "x", "-n", "5"],
    /not go together with -n, --lines$/,
  ],
  ["--cursor-file c", ["-s", "x*"], /does not go together with a pattern$/],
  ["--cursor-file c", ["-s", "x", "-s", "y"], /together with several objects$/],
  ["--incoming", ["-s", "x"], /--incoming is left out: it needs --cursor-file/],
  ["-n 5", ["-s", "x", "--cursor-file", "c"], /together with --cursor-file$/],
  ["-n 5", ["-s", "x", "--lossless"], /not go together with --lossless$/],
  ["--create", ["-s", "x"], /--create is left out: it needs -m, --size$/],
  ["--create", ["--all", "-m", "2"], /does not go together with --all$/],
  ["--mode 600", ["-s", "x"], /--mode is left out: it needs --create or --ser/],
  ["--server s", ["--all"], /--server .* does not go together with --all$/],
  ["--server s", ["-s", "x", "--once"], /does not go together with --once$/],
  ["--safe", ["-s", "x", "--raw"], /--safe .* not go together with --raw$/],
  ["-q", ["-s", "x", "-v"], /--quiet .* does not go together with -v, --verb/],
  ["-s a", ["--all"], /--shm .* does not go together with --all$/],
];

for (const [line, args, expected] of UNFIT) {
  Deno.test(`config: ${line} does not fit ${args.join(" ")}, and is left out`, () => {
    const parsed = (text: string) =>
      parseCommandLine(args, () => parseConfig(text, "/c"));
    const { options, leftOut } = parsed(line);
    assertEquals(options, parsed("").options);
    assertEquals(leftOut.length, 1);
    assertMatch(leftOut[0], expected);
  });
}

Deno.test("config: options that need each other are taken together, or left out together", () => {
  const text = "-S 10\n-N 3\n--cursor-file c\n--incoming\n";
  const whole = optionsWith(text, "-s", "x", "-f", "l");
  assertEquals(
    [whole["rotate-mib"], whole["keep-files"], whole.incoming],
    [10 << 20, 3, true],
  );
  const none = optionsWith(text, "--all");
  assertEquals(
    [none["rotate-mib"], none["keep-files"], none.incoming],
    [undefined, undefined, false],
  );
  const record = optionsWith(text, "record", "x", "-o", "t");
  assertEquals([record["rotate-mib"], record["keep-files"]], [10 << 20, 3]);
});

Deno.test("config: an option that does not fit is reported with -v only", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const file = folder.at("conf");
  await Deno.writeTextFile(file, "--rotate-mib 10\n--keep-files 3\n");
  const args = ["-s", guest.name, "--once"];
  const plain = await runWith(file, ...args, "-q");
  assertEquals(plain, { code: 0, stdout: "hello\n", stderr: "" });
  const { stderr } = await runWith(file, ...args, "-v");
  assertMatch(stderr, /conf:1: --rotate-mib is left out: it needs -f, --file/);
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ["--ownr a", /^\/c:2: unknown option --ownr; did you mean --owner\?$/],
  ["owner = a", /^\/c:2: "owner = a" is no option; is --owner a meant\?$/],
  ["--format xml", /^\/c:2: option --format: "xml" is none of text, json/],
  ["--threshold abc", /^\/c:2: option --threshold: "abc" is no size/],
  ["--owner", /^\/c:2: option --owner needs a value: USER/],
  ["-q vm1", /^\/c:2: "-q vm1" is more than one option and its value/],
  ["--quiet false", /^\/c:2: "--quiet false" is more than one option/],
  ["-h", /^\/c:2: option -h is for the command line only/],
  ["--quiet=yes", /^\/c:2: option --quiet takes no value/],
  ["--help", /^\/c:2: option --help is for the command line only/],
  ["--no-config", /^\/c:2: option --no-config is for the command line only/],
  ["[dmup]", /^\/c:2: "\[dmup\]" is no command: .*; did you mean dump\?$/],
  ["--once", /^\/c:2: option --once is for the command line only/],
  ["-n 5\n-n 6", /^\/c:3: option --lines has another value in \/c:2: give it/],
  ["[list]\n-n 5", /^\/c:3: list does not take option --lines$/],
];

for (const [line, expected] of WRONG) {
  Deno.test(`config refuses: ${line.replace("\n", " / ")}`, () => {
    const { message } = assertThrows(
      () => optionsWith(`# a comment\n${line}`, "-s", "/r"),
      UsageError,
    );
    assertMatch(message, expected);
  });
}

/** Runs a reader with a file of options that IVRING_CONFIG names. */
function runWith(path: string, ...args: string[]): Promise<Ended> {
  return runCommand(readerCommand(args), { IVRING_CONFIG: path });
}

Deno.test("config: the file that IVRING_CONFIG names is taken", async () => {
  using folder = new TempFolder();
  using guest = new Guest();
  say(guest.writer, 0, "hello\n");
  const file = folder.at("conf");
  await Deno.writeTextFile(file, "-q\n[dump]\n--format json\n");
  const dump = await runWith(file, "dump", guest.name);
  assertEquals([dump.code, dump.stderr], [0, ""]);
  assertEquals(JSON.parse(dump.stdout).message, "hello");
  const plain = await runWith(file, "dump", guest.name, "--no-config", "-q");
  assertEquals(plain, { code: 0, stdout: "hello\n", stderr: "" });
  assertEquals(await runWith("", "dump", guest.name, "-q"), plain);
});

Deno.test("config: errors name the file and its line, and help goes on", async () => {
  using folder = new TempFolder();
  const file = folder.at("conf");
  await Deno.writeTextFile(file, "--raw\n--owner ivring-no-such-user\n");
  const { code, stdout, stderr } = await runWith(file, "-s", "x");
  assertEquals([code, stdout], [2, ""]);
  assertEquals(
    stderr,
    `ivring_reader: ${file}:2: option --owner: there is no user ` +
      '"ivring-no-such-user"\n',
  );
  await Deno.writeTextFile(file, "[read]\n-n 5\n--cursor-file c\n");
  const clash = await runWith(file, "-s", "x");
  assertEquals(
    clash.stderr,
    `ivring_reader: ${file}:2: option -n, --lines does not go together with ` +
      "--cursor-file\n",
  );
  await Deno.writeTextFile(file, "nonsense");
  assertEquals((await runWith(file, "-s", "x")).code, 2);
  for (const args of [["--help"], ["version"], ["dump", "-h"]]) {
    assertEquals((await runWith(file, ...args)).code, 0);
  }
});

Deno.test("config: only a file that nobody else can have written", async () => {
  using folder = new TempFolder();
  const file = folder.at("conf");
  await Deno.writeTextFile(file, "-q\n", { mode: 0o600 });
  const refused = async (path: string, says: string) => {
    const { code, stdout, stderr } = await runWith(path, "list");
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr, `ivring_reader: ${says}\n`);
  };
  const rest = "; --no-config leaves it out";
  for (const mode of [0o620, 0o602, 0o666]) {
    await Deno.chmod(file, mode);
    await refused(
      file,
      `${file} may be written to by others than its owner: take that away ` +
        `with chmod go-w${rest}`,
    );
  }
  await Deno.chmod(file, 0o644);
  assertEquals((await runWith(file, "list")).code, 0);
  if (testerUid() === 0) {
    await Deno.chown(file, NOBODY, NOBODY);
    const { code, stderr } = await runWith(file, "list");
    assertEquals(code, 2);
    assertMatch(stderr, /conf belongs to user .*65534.*: whose options are/);
  }
  await refused(folder.path, `${folder.path} is no regular file${rest}`);
  for (const bytes of [[0xff], [0x2d, 0x71, 0], new Uint8Array(65536)]) {
    const garbage = folder.at("garbage");
    await Deno.writeFile(garbage, new Uint8Array(bytes));
    await refused(
      garbage,
      `${garbage} is no text: a NUL, or invalid UTF-8${rest}`,
    );
  }
  const none = folder.at("none");
  await refused(none, `IVRING_CONFIG: there is no file ${none}`);
  await Deno.writeTextFile(folder.at("large"), "#".repeat(70_000));
  await refused(
    folder.at("large"),
    `${folder.at("large")} has 70000 bytes: 65536 are allowed${rest}`,
  );
});

/** The guards against files of other users, one by one. */
const GUARDS: readonly (readonly [string, Change])[] = [
  ["writable by others", {
    find: "(mode! & WRITABLE_BY_OTHERS) !== 0",
    replace: "false",
  }],
  ["of another user", {
    find: "uid !== ROOT && uid !== ownUid(libc)",
    replace: "false",
  }],
];

for (const [what, guard] of GUARDS) {
  const isOwner = what.includes("user");
  const skipped = isOwner && testerUid() !== 0
    ? " (skipped: giving a file away takes root)"
    : "";
  Deno.test({
    name: `control: without its guard a file ${what} is taken${skipped}`,
    ignore: skipped !== "",
    fn: async () => {
      using folder = new TempFolder();
      const file = folder.at("conf");
      await Deno.writeTextFile(file, "-q\n--owner ivring-no-such-user\n");
      if (isOwner) await Deno.chown(file, NOBODY, NOBODY);
      else await Deno.chmod(file, 0o666);
      using unguarded = new ChangedReader({
        "cli/command_line/config.ts": [guard],
      });
      const env = { IVRING_CONFIG: file };
      const { stderr } = await runCommand(unguarded.command(["list"]), env);
      assertMatch(stderr, /conf:2: option --owner: there is no user/);
    },
  });
}

/** Says why one process cannot have its own /etc here; "" if it can. */
function whyNoOwnEtc(): string {
  const { success } = new Deno.Command("unshare", {
    args: ["-m", "mount", "-t", "tmpfs", "tmpfs", "/etc"],
    stderr: "null",
  }).outputSync();
  return success ? "" : "a /etc of its own takes root and unshare(1)";
}

const whyNot = whyNoOwnEtc();

Deno.test({
  name: "config: without IVRING_CONFIG it is /etc/ivring.conf" +
    (whyNot && ` (skipped: ${whyNot})`),
  ignore: whyNot !== "",
  fn: async () => {
    using guest = new Guest();
    say(guest.writer, 0, "hello\n");
    const run = (script: string) =>
      runCommand([
        ...["unshare", "-m", "sh", "-c"],
        `mount -t tmpfs tmpfs /etc && unset IVRING_CONFIG && ${script}; ` +
        'exec "$@"',
        ...["sh", ...readerCommand(["dump", guest.name])],
      ]);
    const taken = await run(
      "printf '%s\\n' -q '--format json' >/etc/ivring.conf",
    );
    assertEquals([taken.code, taken.stderr], [0, ""]);
    assertEquals(JSON.parse(taken.stdout).message, "hello");
    const none = await run("true");
    assertEquals([none.code, none.stdout], [0, "hello\n"]);
  },
});
