// SPDX-License-Identifier: MIT
// What is published: only figures of a commit, and only what the page needs.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { ROOT } from "../../packaging/root.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { figureOf } from "./figures.ts";
import { machineInfo } from "./machine.ts";
import { BEGIN, END, withTables } from "./page.ts";
import type { Row } from "./part.ts";
import { PARTS } from "./parts.ts";
import { hasPlot } from "./plot.ts";
import { PAGE_PATH, publish, RESULTS_PATH, RUNS_PATH } from "./publish.ts";
import { type PartSummary, Published, Results } from "./results.ts";
import { DIRTY, revisionOf, uncommitted } from "./revision.ts";

const ORDER = ["guest-write", "host-read"];
/** All that is committed of results must not become much more than this. */
const RESULTS_BYTES_MAX = 120_000;

/** A repository with a page, and what the last runs have left in it. */
class Repository extends TempFolder {
  readonly results: Results = new Results(this.at(RUNS_PATH), false);

  constructor() {
    super();
    for (const folder of ["docs", "tests/bench"]) {
      Deno.mkdirSync(this.at(folder), { recursive: true });
    }
    Deno.writeTextFileSync(this.at(PAGE_PATH), `# Title\n\n${BEGIN}\n${END}\n`);
    Deno.copyFileSync(
      `${ROOT}/tests/bench/.gitignore`,
      this.at("tests/bench/.gitignore"),
    );
    this.git("init", "-q");
    this.commit();
  }

  git(...args: string[]): void {
    const names = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    const { success, stderr } = new Deno.Command("git", {
      // Nothing that this host or its user has configured.
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
      args: ["-C", this.path, ...names, ...args],
    }).outputSync();
    assert(success, new TextDecoder().decode(stderr));
  }

  commit(): void {
    this.git("add", "-A");
    this.git("commit", "-q", "--allow-empty", "-m", "x");
  }

  /** Leaves the results of a part as a run here does. */
  async measured(name: string, changes: Partial<PartSummary["machine"]> = {}) {
    const machine = { ...machineInfo(this.path, false), ...changes };
    await this.results.put(name, { ...PART, machine }, ORDER);
  }

  publish(): string[] {
    return publish(this.path, ORDER);
  }

  /** Whether anything was published. */
  get published(): boolean {
    return this.read(PAGE_PATH).includes("64 B") ||
      Object.keys(new Published(this.at(RESULTS_PATH)).read()).length > 0;
  }
}

const row = (name: string): Row => ({ name, figures: [figureOf([1 / 3])] });

const PART: PartSummary = {
  title: "Writing a record",
  machine: machineInfo("/nonexistent", false),
  tables: [
    { ...table("shown", 2) },
    { ...table("detailed", 2), detail: true },
    { ...table("large", 31) },
  ],
  goals: [],
  remarks: ['A remark with "quotes" and a "row 0".'],
};

function table(id: string, bars: number) {
  const rows = Array.from({ length: bars }, (_, i) => row(`row ${i}`));
  return {
    id,
    title: `Title ${id}`,
    unit: "ns",
    head: "",
    rows,
    columns: ["64 B"],
  };
}

/** The lines that a refusal consists of, and that nothing was published. */
function refused(repository: Repository): string {
  const faults = repository.publish();
  assert(faults.length > 0, "it was not refused");
  assert(!repository.published, "it was refused, and published nevertheless");
  return faults.join("\n");
}

Deno.test("control: what was measured on a clean commit is published", async () => {
  using repository = new Repository();
  await repository.measured("guest-write");
  await repository.measured("host-read");
  assertEquals(uncommitted(repository.path), [], "a run changes nothing");
  assertEquals(repository.publish(), []);
  const page = repository.read(PAGE_PATH);
  assertStringIncludes(page, "Title shown");
  const commit = revisionOf(repository.path).slice(0, 12);
  assertStringIncludes(page, `commit ${commit}: `);
  // A later commit does not make figures of this one wrong.
  repository.commit();
  assertEquals(repository.publish(), []);
});

Deno.test("nothing is published while files differ from the commit", async () => {
  for (const name of ["docs/performance.md", "new.ts", "-odd\nname"]) {
    using repository = new Repository();
    await repository.measured("guest-write");
    const path = repository.at(name);
    Deno.writeTextFileSync(path, repository.read(name) + "more\n");
    const said = refused(repository);
    assertStringIncludes(said, `1 files differ from the commit (${name})`);
    repository.commit();
    assertEquals(repository.publish(), []);
  }
});

Deno.test("nothing is published that was measured with uncommitted changes", async () => {
  using repository = new Repository();
  await repository.measured("guest-write");
  Deno.writeTextFileSync(repository.at("new.ts"), "changed\n");
  await repository.measured("host-read");
  repository.commit(); // which is too late
  const said = refused(repository);
  assertMatch(
    said,
    /^host-read: it was measured with changes that no commit has \([0-9a-f]{40}-dirty\): measure it again, deno task bench -- --part host-read$/,
  );
  await repository.measured("host-read");
  assertEquals(repository.publish(), []);
});

Deno.test("nothing is published of a commit that is not in the history", async () => {
  using repository = new Repository();
  repository.commit();
  await repository.measured("guest-write");
  repository.git("checkout", "-q", "HEAD~1");
  repository.git("commit", "-q", "--allow-empty", "-m", "another one");
  const said = refused(repository);
  assertMatch(said, /^guest-write: its commit [0-9a-f]{40} did not lead to /);
  const revision = "0".repeat(40);
  await repository.measured("guest-write", { revision });
  assertStringIncludes(refused(repository), `its commit ${revision} did not`);
});

Deno.test("nothing is published of a commit that is not named by its whole id", async () => {
  using repository = new Repository();
  const whole = revisionOf(repository.path);
  const others = ["unknown", "HEAD", "", whole.slice(0, 7), ` ${whole}`];
  for (const revision of [...others, whole.toUpperCase(), `${whole}0`]) {
    await repository.measured("guest-write", { revision });
    const said = refused(repository);
    assertStringIncludes(said, `not known by its whole id (${revision})`);
  }
  await repository.measured("guest-write", { revision: whole });
  assertEquals(repository.publish(), []);
});

Deno.test("nothing is published in an ignored folder of another repository", async () => {
  using outer = new Repository();
  Deno.writeTextFileSync(outer.at(".gitignore"), "/unpacked\n");
  outer.commit();
  // What somebody gets who unpacks the sources there: files without a .git.
  const inside = outer.at("unpacked");
  for (const folder of ["docs", "tests/bench"]) {
    Deno.mkdirSync(`${inside}/${folder}`, { recursive: true });
  }
  const page = `# Title\n\n${BEGIN}\n${END}\n`;
  Deno.writeTextFileSync(`${inside}/${PAGE_PATH}`, page);
  assertEquals(revisionOf(inside), "unknown");
  assertEquals(uncommitted(inside), null);
  const machine = {
    ...machineInfo(inside, false),
    revision: revisionOf(outer.path),
  };
  const results = new Results(`${inside}/${RUNS_PATH}`, false);
  await results.put("guest-write", { ...PART, machine }, ORDER);
  const [fault, ...more] = publish(inside, ORDER);
  assertStringIncludes(fault, "it is not the root of a git repository");
  assertEquals(more, []);
  assertEquals(Deno.readTextFileSync(`${inside}/${PAGE_PATH}`), page);

  // Control: with a repository of its own the same folder is published.
  outer.git("-C", "unpacked", "init", "-q");
  Deno.writeTextFileSync(`${inside}/.gitignore`, `/${RUNS_PATH}\n`);
  outer.git("-C", "unpacked", "add", "-A");
  outer.git("-C", "unpacked", "commit", "-q", "-m", "x");
  const own = machineInfo(inside, false);
  await results.put("guest-write", { ...PART, machine: own }, ORDER);
  assertEquals(publish(inside, ORDER), []);
  // So it is when a symbolic link leads to it.
  Deno.symlinkSync(inside, outer.at("link"));
  assertEquals(revisionOf(outer.at("link")).slice(0, 40), own.revision);
});

Deno.test("nothing is published while git is kept from seeing changes", async () => {
  for (const flag of ["assume-unchanged", "skip-worktree"]) {
    for (const name of ["hidden.ts", "-odd\nname"]) {
      using repository = new Repository();
      Deno.writeTextFileSync(repository.at(name), "one\n");
      repository.commit();
      await repository.measured("guest-write");
      const whole = revisionOf(repository.path);
      repository.git("update-index", `--${flag}`, "--", name);
      Deno.writeTextFileSync(repository.at(name), "another\n");
      assertEquals(uncommitted(repository.path), [], "git sees it");
      assertEquals(revisionOf(repository.path), whole + DIRTY);
      const said = refused(repository);
      assertStringIncludes(said, `1 files are not compared with the commit (`);
      assertStringIncludes(said, `(${name})`);
      // Control: what was hidden is as committed, and no longer hidden.
      repository.git("update-index", `--no-${flag}`, "--", name);
      repository.git("checkout", "-q", "--", name);
      assertEquals(repository.publish(), []);
    }
  }
});

Deno.test("nothing is published of a quick run, or of none, or without git", async () => {
  using repository = new Repository();
  assertStringIncludes(refused(repository), "there are no results");
  await repository.measured("guest-write", { quick: true });
  assertStringIncludes(refused(repository), "guest-write: a quick run is too");
  await repository.measured("guest-write");
  Deno.removeSync(repository.at(".git"), { recursive: true });
  assertStringIncludes(refused(repository), "not the root of a git repository");
  assertEquals(revisionOf(repository.path), "unknown");
});

Deno.test("parts that were published with uncommitted changes stay refused", async () => {
  using repository = new Repository();
  const { path } = repository;
  const machine = { ...machineInfo(path, false), revision: `5821efe${DIRTY}` };
  const old = { "host-read": { ...PART, machine } };
  new Published(repository.at(RESULTS_PATH)).write(old);
  repository.commit();
  await repository.measured("guest-write");
  const before = repository.read(PAGE_PATH);
  const [fault, ...more] = repository.publish();
  assertMatch(fault, /^host-read: it was measured with .*5821efe-dirty/);
  assertEquals(more, []);
  assertEquals(repository.read(PAGE_PATH), before);
  await repository.measured("host-read");
  assertEquals(repository.publish(), []);
});

Deno.test("what is published has no detail, no large plot, and nothing old", async () => {
  using repository = new Repository();
  Deno.mkdirSync(repository.at(RESULTS_PATH));
  Deno.writeTextFileSync(repository.at(`${RESULTS_PATH}/old.svg`), "");
  repository.commit();
  await repository.measured("guest-write");
  assertEquals(repository.publish(), []);
  const names = [...Deno.readDirSync(repository.at(RESULTS_PATH))]
    .map(({ name }) => name).sort();
  assertEquals(names, ["shown.svg", "summary.json"]);
  const published = new Published(repository.at(RESULTS_PATH)).read();
  const { tables, remarks } = published["guest-write"];
  assertEquals(tables.map(({ id }) => id), ["shown", "large"]);
  assertEquals(remarks, PART.remarks);
  assertEquals(tables[0].rows[1].name, "row 1");
  assertEquals(tables[0].rows[1].figures[0]?.median, 0.3333333);
  // A run leaves everything.
  const runs = [...Deno.readDirSync(repository.at(RUNS_PATH))]
    .map(({ name }) => name).sort();
  const all = ["detailed.svg", "shown.svg", "summary.json", "summary.md"];
  assertEquals(runs, all);
});

const PUBLISHED = new Published(`${ROOT}/${RESULTS_PATH}`).read();

Deno.test("the page has the tables of what is published", () => {
  const page = Deno.readTextFileSync(`${ROOT}/${PAGE_PATH}`);
  assertEquals(Object.keys(PUBLISHED), PARTS.map(({ name }) => name));
  assert(withTables(page, PUBLISHED) === page, "its figures are other ones");
  const other = page.replace(/ (\d)\.(\d\d) \(/, " $1$2 (");
  assert(withTables(page, PUBLISHED) !== other, "the control is not found");
});

Deno.test("what is published is small, and all of it is needed", () => {
  const folder = `${ROOT}/${RESULTS_PATH}`;
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const plots = Object.values(PUBLISHED).flatMap(({ tables }) => tables)
    .filter(hasPlot).map(({ id }) => `${id}.svg`);
  assertEquals(names.sort(), [...plots, "summary.json"].sort());
  const bytes = names.reduce(
    (sum, name) => sum + Deno.statSync(`${folder}/${name}`).size,
    0,
  );
  assert(bytes < RESULTS_BYTES_MAX, `${bytes} bytes`);
});
