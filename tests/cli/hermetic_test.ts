// SPDX-License-Identifier: MIT
/**
 * Tests of commands that look at every object pass although others have rings,
 * both under the runner and under `deno test` by hand.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Guest, REGION_BYTES } from "../support/guest.ts";
import { type Ended, endedOf } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { uniqueName } from "../support/shared_object.ts";
import { NPM_IMPORTS } from "../../packaging/permissions.ts";
import {
  PRIVATE_VARIABLE,
  privateMemoryPrefix,
} from "../tools/private_memory.ts";
import { ROOT } from "../../packaging/root.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

const FILES = ["many", "list", "help"].map((name) =>
  `tests/cli/${name}_test.ts`
);
const FILTER = "/^--all reads every ring$|^list: columns|^example of list: /";

/** Runs those tests while somebody else has a ring. */
async function besideOthers(
  prefix: readonly string[],
  isPrivate: boolean,
): Promise<Ended> {
  using foreign = new Guest(
    {},
    REGION_BYTES,
    `/foreign${uniqueName().slice(1)}`,
  );
  say(foreign.writer, 0, "nobody's business\n");
  const [program, ...args] = [
    ...[...prefix, Deno.execPath(), "test", "--no-prompt", "--no-check"],
    ...[...NPM_IMPORTS, "--allow-all", `--filter=${FILTER}`, ...FILES],
  ];
  const out = await new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1", [PRIVATE_VARIABLE]: isPrivate ? "1" : "" },
    stdin: "null",
  }).output();
  return endedOf(out);
}

Deno.test("beside another's ring: deno test by hand", async () => {
  const { code, stdout } = await besideOthers([], false);
  assertEquals(code, 0, indented(stdout));
});

const prefix = privateMemoryPrefix();

Deno.test({
  name: skippedName(
    "beside another's ring: in a /dev/shm of the tests' own",
    missingReason(prefix === null ? ["the right to mount"] : []),
  ),
  ignore: prefix === null,
  fn: async () => {
    const { code, stdout } = await besideOthers(prefix ?? [], true);
    assertEquals(code, 0, indented(stdout));
  },
});

Deno.test("control: as if it were the tests' own, it is seen", async () => {
  const { code, stdout } = await besideOthers([], true);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "nobody's business");
  for (const name of ["--all reads every ring", "list: columns"]) {
    assert(new RegExp(`^${name}.* FAILED`, "m").test(stdout), name);
  }
});

/**
 * Returns the output of an inner run, whose counts are not those of this run.
 */
function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
