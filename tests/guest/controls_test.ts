// SPDX-License-Identifier: MIT
// Controls of those checks of the driver that build in user space: without any of
// them a test of this folder fails.
import { assert } from "@std/assert";
import { ccTest, run, type Workbench } from "../tools/cc.ts";
import type { DriverChange } from "../support/driver_copy.ts";
import { copyChanged, within } from "./changed.ts";
import { CHECKER, SANITIZED, WRITER } from "./sources.ts";

/** A check, and the change of the source that removes it. */
interface Control extends DriverChange {
  readonly name: string;
  /** The program of this folder that must fail. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Sanitized by default, which takes too long for programs that are stepped. */
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
    file: "core/ring.c",
    find:
      "le64_to_cpu(virt_load_acquire(&r->host->session_id)) != r->session_id",
    replace: "0",
  },
  {
    name: "a consumer that is not waited for",
    file: "core/consumer.c",
    find: "		w->dead = true;",
    replace: "		;",
  },
  {
    name: "a consumer that lives again",
    file: "core/consumer.c",
    find: "(!w->known || beat != w->beat)",
    replace: "(!w->known)",
  },
  {
    name: "a new consumer taken for the dead one",
    file: "core/consumer.c",
    find: "		w->known = false;\n",
    replace: "",
  },
  {
    name: "last words that wait",
    file: "core/consumer.c",
    find: "!w->dead && !READ_ONCE(w->last_words)",
    replace: "!w->dead",
  },
];

/**
 * Guards without which foreign memory would be formatted, or ours would not.
 */
const FOUND: readonly (Row & Pick<Control, "file">)[] = [
  {
    name: "whose a region is",
    file: "core/found.c",
    find: "	if (is_ours(base))\n",
    replace: "	if (is_ours(base) || true)\n",
  },
  {
    name: "all that the rings would overwrite",
    file: "core/found.c",
    find: "offset < bytes; offset +=",
    replace: "offset < bytes / 2; offset +=",
  },
  {
    name: "what was found, and no longer is there",
    file: "core/found.c",
    find: "	for (; !(word & 0xff); word >>= 8)\n",
    replace:
      "	for (; word && offset + 1 < bytes && !READ_ONCE(base[offset]);)\n",
  },
  {
    name: "a mark below another's magic",
    file: "core/found.c",
    find: "	return magic == 0 &&\n	       (",
    replace: "	return (",
  },
  {
    name: "a start that was cut off",
    file: "core/region.c",
    find: "	WRITE_ONCE(*mark, cpu_to_le64(IVRING_MARK));\n",
    replace: "",
  },
  {
    name: "a start that was marked late",
    file: "core/region.c",
    find: "	WRITE_ONCE(*mark, cpu_to_le64(IVRING_MARK));\n" +
      "	/*\n" +
      "	 * MO(ivring_region_attach:A) pairs with is_ours:A. If the next driver reads the magic\n" +
      "	 * cleared below, it reads the mark as well, wherever this start was interrupted.\n" +
      "	 */\n" +
      "	wmb();\n" +
      "	/* No reader may take a half-written header, or old blocks for new ones. */\n" +
      "	WRITE_ONCE(shared->magic, 0);\n",
    replace: "	WRITE_ONCE(shared->magic, 0);\n	wmb();\n" +
      "	WRITE_ONCE(*mark, cpu_to_le64(IVRING_MARK));\n",
  },
  {
    name: "a mark that stays",
    file: "core/region.c",
    find: "	WRITE_ONCE(*mark, 0);\n",
    replace: "",
  },
  {
    name: "what a driver of ABI 1.0 left half formatted",
    file: "core/found.c",
    find: " || is_unmarked_half(base)",
    replace: " || (0 && is_unmarked_half(base))",
  },
];

const CHOICE: readonly Row[] = [
  {
    name: "devices that were not chosen",
    find: "	if (*wish->devices && !named)\n",
    replace: "	if (0)\n",
  },
  {
    name: "force on what nobody has named",
    find: "	return named && wish->force ?",
    replace: "	return wish->force ?",
  },
  {
    name: "a guest whose memory is kept from its host",
    find: "	if (encrypted && !wish->confidential)\n",
    replace: "	if (encrypted && 0)\n",
  },
  {
    name: "a device's whole name",
    find: " && a.slot == want.slot &&\n",
    replace: " &&\n",
  },
  {
    name: "what stands behind a name",
    find: "take_address(&at, &a) && ends(*at)",
    replace: "take_address(&at, &a)",
  },
];

/**
 * Guards without which programs could push out what the kernel has recorded.
 */
const BOUND: readonly (Row & Pick<Control, "file">)[] = [
  {
    name: "how much programs may write",
    file: "core/bound.c",
    find:
      "	       full_at(bound, now_ns) + cost_ns(allowance, bytes) - now_ns <= " +
      "IVRING_BOUND_NS;",
    replace:
      "	       full_at(bound, now_ns) + cost_ns(allowance, bytes) > now_ns;",
  },
  {
    name: "what programs have written",
    file: "core/bound.c",
    find: "full_at(bound, now_ns) + cost_ns(allowance, bytes);",
    replace: "full_at(bound, now_ns) + cost_ns(allowance, bytes) / 2;",
  },
  {
    name: "an allowance that was saved up",
    file: "core/bound.c",
    find: "max_t(u64, bound->full_at_ns, now_ns);",
    replace: "bound->full_at_ns ? bound->full_at_ns : now_ns;",
  },
  {
    name: "a message larger than the allowance",
    file: "core/bound.c",
    find: "bytes <= allowance &&",
    replace: "",
  },
];

const CONTROLS: readonly Control[] = [
  {
    name: "a prefix that ends with the message",
    file: "core/kline.c",
    find: "if (*at >= bytes || buf[*at] != c)",
    replace: "if ((!bytes && 0) || buf[*at] != c)",
    program: "kline",
  },
  {
    name: "a number that ends with the message",
    file: "core/kline.c",
    find: "*at < bytes && buf[*at] >= '0'",
    replace: "(bytes || 1) && buf[*at] >= '0'",
    program: "kline",
  },
  {
    name: "a priority without end",
    file: "core/kline.c",
    find: "if (*value > most)",
    replace: "if (!most)",
    program: "kline",
  },
  {
    name: "a stamp of another form",
    file: "core/kline.c",
    find: "at - dot != 6",
    replace: "!dot",
    program: "kline",
  },
  {
    name: "a prefix longer than what is left",
    file: "core/kline.c",
    find: "bytes - from >= prefix_bytes && ",
    replace: "",
    program: "kline",
  },
  {
    name: "a line that begins otherwise",
    file: "core/kline.c",
    find: "!memcmp(buf + from, buf, prefix_bytes)",
    replace: "1",
    program: "kline",
  },
  {
    name: "word left in another session",
    file: "core/region.c",
    find: "	memset(left, 0, sizeof(*left));\n	if (known) {",
    replace: "	memset(left, 0, sizeof(*left));\n	if (true) {",
    program: "attach",
  },
  {
    name: "a panic's text without end",
    file: "core/live.c",
    find: "i < IVRING_PANIC_TEXT_BYTES && text[i]",
    replace: "text[i]",
    program: "attach",
  },
  ...DOORBELL.map((change) => ({
    ...change,
    file: "core/doorbell.c",
    program: "doorbell",
    flags: ["-O2"],
  })),
  ...LOSSLESS.map((change) => ({ ...change, program: "consumer" })),
  ...BOUND.map((change) => ({ ...change, program: "bound" })),
  ...FOUND.map((change) => ({ ...change, program: "found", flags: ["-O2"] })),
  ...CHOICE.map((change) => ({
    ...change,
    file: "core/device_choice.c",
    program: "choice",
  })),
  {
    name: "what is not consumed",
    file: "core/ring.c",
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
  const own = ["attach", "found"].includes(program)
    ? ["tests/guest/fixture.c"]
    : [];
  const further = ["guest/core/kline.c", "guest/core/device_choice.c"];
  const writer = within(folder, [...WRITER, ...further]);
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
    // A check in the test or the sanitizer has failed; the program did run.
    assert(/CHECK|:\d+: |AddressSanitizer|runtime error/.test(stderr), stderr);
  });
}
