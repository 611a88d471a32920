// SPDX-License-Identifier: MIT
/** Tests what the runner of the tests counts, and where it runs them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { runCommand } from "../support/reader_program.ts";
import { SharedObject } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { testerUid } from "../support/users.ts";
import { privateMemoryPrefix, WAYS } from "./private_memory.ts";
import { missingReason, packagesFor, skippedName } from "./skipping.ts";
import { countsIn, countsOfRun, sumLine, sumOf } from "./test_counts.ts";
import { denoTest } from "./test_runner.ts";

/** Lines, and how many passed, failed and skipped tests they report. */
const LINES: readonly (readonly [string, string])[] = [
  ["ok | 78 passed (3 steps) | 0 failed | 1 ignored (2m3s)", "78 0 1"],
  ["ok | 1147 passed | 0 failed (9s)", "1147 0 0"],
  ["FAILED | 2 passed | 1 failed (2 steps) | 3 filtered out (1s)", "2 1 0"],
  ["ok | 0 passed | 0 failed | 12 ignored (1 step) (4ms)", "0 0 12"],
  ["  ok | 5 passed | 0 failed (1s)", ""],
  ["some test ... ok (3ms)", ""],
];

for (const [line, counts] of LINES) {
  Deno.test(`closing line of a run: ${line}`, () => {
    assertEquals(Object.values(countsIn(line) ?? {}).join(" "), counts);
  });
}

Deno.test("a run that fails without a failed test counts as one", () => {
  const good = { passed: 2, failed: 0, skipped: 0 };
  assertEquals(countsOfRun(null, 1), { passed: 0, failed: 1, skipped: 0 });
  assertEquals(countsOfRun(good, 1).failed, 1);
  assertEquals(countsOfRun({ ...good, failed: 3 }, 1).failed, 3);
  assertEquals(countsOfRun(good, 0), good);
});

/**
 * A test file with tests that pass, fail, are skipped, and print a line like
 * the closing line of a run.
 */
const MIXED = `
Deno.test("passes", async (t) => { await t.step("a step", () => {}); });
Deno.test("says", () => console.log("ok | 100 passed | 7 failed (1s)"));
Deno.test({ name: "waits (skipped: missing: jq)", ignore: true, fn() {} });
Deno.test("fails", () => { throw new Error("ok | 50 passed | 0 failed"); });
`;

Deno.test("counts are the runner's own, and runs are summed up", async () => {
  using folder = new TempFolder();
  const path = folder.at("mixed_test.ts");
  Deno.writeTextFileSync(path, MIXED);
  const shown: string[] = [];
  const { counts, skipped } = await denoTest(
    ["--no-check", path],
    {},
    (line) => shown.push(line),
  );
  assertEquals(sumLine(counts), "2 passed, 1 failed, 1 skipped");
  assertEquals(skipped, ["waits (skipped: missing: jq)"]);
  assertEquals(
    sumLine(sumOf([counts, counts])),
    "4 passed, 2 failed, 2 skipped",
  );
  assert(shown.some((line) => line.includes("100 passed")));
});

Deno.test("packages for what was skipped: each once, programs by package", () => {
  const names = [
    skippedName("a", missingReason(["qemu-system-x86_64", "busybox"])),
    skippedName("b", missingReason(["jq", "linux-headers-6.12-rt-amd64"])),
    skippedName("c", missingReason(["busybox", "root's rights"])),
    skippedName("d", "only root gives files away"),
    skippedName("e", ""),
  ];
  assertEquals(packagesFor(names), [
    ...["busybox-static", "jq", "linux-headers-6.12-rt-amd64"],
    "qemu-system-x86",
  ]);
  assertEquals(names[4], "e");
});

const prefix = privateMemoryPrefix();

Deno.test({
  name: skippedName(
    "tests run in a /dev/shm of their own",
    missingReason(prefix === null ? ["the right to mount"] : []),
  ),
  ignore: prefix === null,
  fn: async () => {
    using folder = new TempFolder();
    using _others = new SharedObject(4096);
    const path = folder.at("empty_test.ts");
    Deno.writeTextFileSync(
      path,
      `Deno.test("empty", () => {
        for (const { name } of Deno.readDirSync("/dev/shm")) throw name;
      });`,
    );
    const { counts } = await denoTest(["--no-check", path], {}, () => {});
    assertEquals(sumLine(counts), "1 passed, 0 failed, 0 skipped");
  },
});

/** The id of a user who is not root. */
const NOBODY = 65534;
const AS_USER = testerUid() !== 0 ? [] : [
  ...["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
];
const LOOK = "id -u; sed -n s/^CapEff:.//p /proc/self/status; ls -A /dev/shm";
const userWay = [...AS_USER, ...WAYS[1]];
const userMay = (await runCommand([...userWay, "true"])
  .catch(() => ({ code: 1 }))).code === 0;

Deno.test({
  name: skippedName(
    "an ordinary user gets one, stays who it is and gains no rights",
    missingReason(userMay ? [] : ["user namespaces for everybody"]),
  ),
  ignore: !userMay,
  fn: async () => {
    using _others = new SharedObject(4096);
    const { code, stdout } = await runCommand([...userWay, "sh", "-c", LOOK]);
    assertEquals(code, 0);
    assertMatch(stdout, /^[1-9]\d*\n0+\n$/);
  },
});
