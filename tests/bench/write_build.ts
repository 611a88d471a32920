// SPDX-License-Identifier: MIT
/**
 * Builds the program in write/, with those rivals that are installed.
 *
 * @module
 */
import { WRITER } from "../guest/sources.ts";
import { ROOT, type Workbench } from "../tools/cc.ts";
import { LTTNG_PACKAGES, lttngTools } from "./lttng.ts";

const FOLDER = "tests/bench/write";
const SOURCES = ["main", "floor", "ours", "shared", "fifo"];
/** The kernel's flags; but the copy routine is that of libc. */
const FLAGS = ["-O2", "-I", `${ROOT}/${FOLDER}`];

/** What can be measured here. */
export interface Programs {
  readonly path: string;
  readonly contenders: readonly string[];
  /** LTTng's program and clock; null if LTTng is not installed. */
  readonly lttng: { readonly path: string; readonly clock: string } | null;
  /** What is left out. */
  readonly remarks: readonly string[];
}

/**
 * Compiles what can be compiled.
 *
 * @throws {Error} if ours does not compile.
 */
export function buildPrograms(bench: Workbench): Programs {
  const remarks: string[] = [];
  const contenders = ["floor", "ours", "xadd", "spin", "pipe"];
  const withCk = attempt(bench, "ck", "ck_ring.h", ["-DWITH_CK"]);
  if (withCk !== null) contenders.push("ck");
  else remarks.push("ck_ring is left out: libck-dev is not installed.");
  const path = withCk ?? compile(bench, "write", SOURCES, []);
  const lttng = buildLttng(bench);
  if (lttng === null) {
    remarks.push(
      `LTTng is left out: ${LTTNG_PACKAGES.join(" and ")} are not installed.`,
    );
  }
  return { path, contenders, lttng, remarks };
}

function compile(
  bench: Workbench,
  name: string,
  sources: readonly string[],
  flags: readonly string[],
): string {
  const own = sources.map((source) => `${FOLDER}/${source}.c`);
  return bench.compile(name, [...own, ...WRITER], [...FLAGS, ...flags]);
}

/**
 * Compiles the program with a rival.
 *
 * @returns Null if a header of the rival is not there.
 */
function attempt(
  bench: Workbench,
  rival: string,
  header: string,
  flags: readonly string[],
): string | null {
  try {
    return compile(bench, `write-${rival}`, [...SOURCES, rival], flags);
  } catch (error) {
    if ((error as Error).message.includes(`${header}: No such`)) return null;
    throw error;
  }
}

function buildLttng(bench: Workbench): Programs["lttng"] {
  if (!lttngTools()) return null;
  // LTTng's headers cause warnings.
  const libraries = ["-Wno-error", "-DWITH_LTTNG", "-Wl,--no-as-needed"]
    .concat(["-llttng-ust", "-ldl"]);
  const path = attempt(bench, "lttng", "lttng/tracepoint.h", libraries);
  if (path === null) return null;
  const clock = bench.compile("lttng_clock.so", [`${FOLDER}/lttng_clock.c`], [
    "-O2",
    "-shared",
    "-fPIC",
    "-Wl,--no-as-needed",
    "-llttng-ust",
    "-llttng-ust-common",
  ]);
  Deno.chmodSync(bench.dir, 0o755); // LTTng's daemon is that of another user
  return { path, clock };
}
