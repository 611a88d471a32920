// SPDX-License-Identifier: MIT
// Controls of the driver's own checks, those that build in user space: without
// one of them a test of this folder fails.
import { assert } from "@std/assert";
import { ccTest, run, type Workbench } from "../tools/cc.ts";
import { copyChanged, type DriverChange, within } from "./changed.ts";
import { CHECKER, SANITIZED, WRITER } from "./sources.ts";

/** A check and what the source looks like without it. */
interface Control extends DriverChange {
  readonly name: string;
  /** Program of this folder that must fail, with its arguments. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Sanitized by default, which takes too long for one that is stepped. */
  readonly flags?: readonly string[];
}

type Row = Omit<Control, "file" | "program">;

const DOORBELL: readonly Row[] = [
  {
    name: "an arming that was answered",
    find: "	if (armed == rung)\n		return;",
    replace: "",
  },
  {
    name: "a host that has not armed",
    find: "		ivring_cmpxchg(&bell->rung, rung, 0);\n		return;",
    replace: "",
  },
  {
    name: "two that ring for one arming",
    find: "	if (ivring_cmpxchg(&bell->rung, rung, armed) == rung)\n",
    replace: "	WRITE_ONCE(bell->rung, armed);\n",
  },
  {
    name: "an older arming answered after a newer one",
    find: "	const u32 rung = smp_load_acquire(&bell->rung);\n" +
      "	const u32 armed = load_armed(bell);",
    replace: "	const u32 armed = load_armed(bell);\n" +
      "	const u32 rung = smp_load_acquire(&bell->rung);",
  },
  {
    name: "a threshold that silences it",
    find: "		     r->ring_bytes / 2);",
    replace: "		     0xffffffff);",
  },
  {
    name: "ringing below the threshold",
    find: "< threshold_bytes(r))",
    replace: "< threshold_bytes(r) * 0)",
  },
  {
    name: "the guest itself",
    find: "	if (!value)",
    replace: "	if (0)",
  },
];

const LOSSLESS: readonly (Row & Pick<Control, "file">)[] = [
  {
    name: "a consumer of another session",
    file: "ivring_ring.c",
    find:
      "le64_to_cpu(smp_load_acquire(&r->host->session_id)) != r->session_id",
    replace: "0",
  },
  {
    name: "a consumer that is not waited for",
    file: "ivring_consumer.c",
    find: "		w->dead = true;",
    replace: "		;",
  },
  {
    name: "a consumer that lives again",
    file: "ivring_consumer.c",
    find: "(!w->known || beat != w->beat)",
    replace: "(!w->known)",
  },
  {
    name: "a new consumer taken for the dead one",
    file: "ivring_consumer.c",
    find: "		w->known = false;\n",
    replace: "",
  },
  {
    name: "last words that wait",
    file: "ivring_consumer.c",
    find: "!w->dead && !READ_ONCE(w->last_words)",
    replace: "!w->dead",
  },
];

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
  ...DOORBELL.map((change) => ({
    ...change,
    file: "ivring_doorbell.c",
    program: "doorbell",
    flags: ["-O2"],
  })),
  ...LOSSLESS.map((change) => ({ ...change, program: "consumer" })),
  {
    name: "what is not consumed",
    file: "ivring_ring.c",
    find: "- position > r->ring_bytes;",
    replace: "- position > ~0ULL;",
    program: "lossless",
    args: ["consumer", "20000"],
  },
];

/** Compiles a control's program with the driver's sources from a folder. */
function compile(
  bench: Workbench,
  { program, flags = SANITIZED }: Control,
  folder: string,
): string {
  const own = program === "attach" ? ["tests/guest/fixture.c"] : [];
  const writer = within(folder, [...WRITER, "guest/ivring_kline.c"]);
  const sources = [`tests/guest/${program}.c`, ...own, ...CHECKER, ...writer];
  const name = `${program}-${crypto.randomUUID()}`;
  return bench.compile(name, sources, [...flags]);
}

for (const control of CONTROLS) {
  ccTest(`without its check of: ${control.name}`, {
    sanitize: "address,undefined",
  }, (bench) => {
    const program = compile(bench, control, copyChanged(bench, control));
    const { code, stderr } = run(program, [...control.args ?? []]);
    assert(code !== 0, `${control.program} does not notice`);
    // A check of the test's, or the sanitizer's; not a program that never ran.
    assert(/CHECK|:\d+: |AddressSanitizer|runtime error/.test(stderr), stderr);
  });
}
