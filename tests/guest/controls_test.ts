// SPDX-License-Identifier: MIT
// Controls of the driver's own checks, those that build in user space: without
// one of them a test of this folder fails.
import { assert } from "@std/assert";
import { apply } from "../support/changes.ts";
import { ccTest, ROOT, run, type Workbench } from "../tools/cc.ts";
import { CHECKER, SANITIZED, WRITER } from "./sources.ts";

/** A check and what the source looks like without it. */
interface Control {
  readonly name: string;
  /** Below `guest/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Program of this folder that must fail. */
  readonly program: string;
}

const CONTROLS: readonly Control[] = [
  {
    name: "a prefix that ends with the message",
    file: "ivring_kline.c",
    find: "if (*at >= bytes || buf[*at] != c)",
    replace: "if ((!bytes && 0) || buf[*at] != c)",
    program: "kline",
  },
  {
    name: "a number that ends with the message",
    file: "ivring_kline.c",
    find: "*at < bytes && buf[*at] >= '0'",
    replace: "(bytes || 1) && buf[*at] >= '0'",
    program: "kline",
  },
  {
    name: "a priority without end",
    file: "ivring_kline.c",
    find: "if (*value > most)",
    replace: "if (!most)",
    program: "kline",
  },
  {
    name: "a stamp of another form",
    file: "ivring_kline.c",
    find: "at - dot != 6",
    replace: "!dot",
    program: "kline",
  },
  {
    name: "a prefix longer than what is left",
    file: "ivring_kline.c",
    find: "bytes - from >= prefix_bytes && ",
    replace: "",
    program: "kline",
  },
  {
    name: "a line that begins otherwise",
    file: "ivring_kline.c",
    find: "!memcmp(buf + from, buf, prefix_bytes)",
    replace: "1",
    program: "kline",
  },
  {
    name: "word left in another session",
    file: "ivring_region.c",
    find: "	memset(left, 0, sizeof(*left));\n	if (known) {",
    replace: "	memset(left, 0, sizeof(*left));\n	if (true) {",
    program: "attach",
  },
  {
    name: "a panic's text without end",
    file: "ivring_live.c",
    find: "i < IVRING_PANIC_TEXT_BYTES && text[i]",
    replace: "text[i]",
    program: "attach",
  },
];

/** Compiles a program of this folder with the driver's sources from a folder. */
function compile(bench: Workbench, program: string, guest: string): string {
  const own = program === "attach" ? ["tests/guest/fixture.c"] : [];
  const writer = [...WRITER, "guest/ivring_kline.c"]
    .map((file) => file.replace("guest/", `${guest}/`));
  const sources = [`tests/guest/${program}.c`, ...own, ...CHECKER, ...writer];
  return bench.compile(`${program}-${crypto.randomUUID()}`, sources, SANITIZED);
}

/** Copies the driver's sources with one of them changed. */
function changed(bench: Workbench, { file, find, replace }: Control): string {
  const folder = Deno.makeTempDirSync({ dir: bench.dir });
  for (const { name, isFile } of Deno.readDirSync(`${ROOT}/guest`)) {
    if (!isFile || !/\.[ch]$/.test(name)) continue;
    const text = Deno.readTextFileSync(`${ROOT}/guest/${name}`);
    const copy = name === file ? apply(text, { find, replace }) : text;
    Deno.writeTextFileSync(`${folder}/${name}`, copy);
  }
  return folder;
}

for (const control of CONTROLS) {
  ccTest(`without its check of: ${control.name}`, {
    sanitize: "address,undefined",
  }, (bench) => {
    const program = compile(bench, control.program, changed(bench, control));
    const { code, stderr } = run(program);
    assert(code !== 0, `${control.program} does not notice`);
    // A check of the test's, or the sanitizer's; not a program that never ran.
    assert(/CHECK|:\d+: |AddressSanitizer|runtime error/.test(stderr), stderr);
  });
}
