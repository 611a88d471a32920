// SPDX-License-Identifier: MIT
/**
 * Tests that what the documents say about commands, options and other programs
 * is true.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Guest } from "../support/guest.ts";
import { killIfRunning } from "../support/processes.ts";
import { programTest } from "../support/programs.ts";
import {
  readerCommand,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import {
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import { TempFolder, until } from "../support/temp_folder.ts";
import { REFERENCES } from "../../packaging/reference.ts";
import { ROOT } from "../../packaging/root.ts";

const OUTPUT = read("docs/reference/output.md");
const RECIPES = read("docs/how-to/other-programs.md");

function read(path: string): string {
  return Deno.readTextFileSync(`${ROOT}/${path}`);
}

/** Returns the first block of code under a headline of a page. */
function blockUnder(page: string, headline: string): string {
  const section = page.split(`\n## ${headline}\n`)[1] ?? "";
  const block = /```\w*\n([^]*?)```/.exec(section)?.[1];
  assert(block !== undefined, `there is no block under ${headline}`);
  return block;
}

/** Makes a guest that has something for every recipe. */
function guestWithAll(): Guest {
  const guest = new Guest({ metaBytes: 16384 });
  const { writer } = guest;
  writer.describe(SCHED_ID, SCHED_TEXT);
  writer.log({ seq: 1n, timeUs: 1n, priority: 3, text: 'disk "sda"\tgone' });
  say(writer, 0, "a message\n");
  writer.write(1, SCHED_ID, schedPayload("sh"));
  return guest;
}

for (const [path, text] of Object.entries(REFERENCES)) {
  Deno.test(`${path} is what the tables in the code give`, () => {
    assert(text() === read(path), "run `deno task reference` to renew it");
  });
}

Deno.test("every member of JSON in the example is described", () => {
  const example = JSON.parse(blockUnder(OUTPUT, "JSON"));
  const names = [
    ...read("docs/reference/json.md").matchAll(/^\| ((?:`\w+`,? ?)+) +\|/gm),
  ]
    .flatMap(([, cell]) => cell.match(/\w+/g) ?? []);
  for (const name of Object.keys(example)) assert(names.includes(name), name);
});

{
  const lines = blockUnder(RECIPES, "jq").trimEnd().split("\n");
  const expected = [
    'disk "sda"\tgone\n',
    /^\d{4}-\d\d-\d\dT[^\t]+\t\/ivring-test\S+\tdisk "sda"\\tgone\n$/,
    '{"event":"sched_switch","cpu":1,"fields":' +
    '{"prev_comm":"sh","prev_pid":-5,"prev_state":1,"prev_state_text":"S"}}\n',
  ];
  assertEquals(lines.length, expected.length);
  lines.forEach((line, i) => {
    programTest(`jq: ${line}`, "jq", "jq", async () => {
      using guest = guestWithAll();
      using folder = new TempFolder();
      const reader = folder.at("reader");
      const command = readerCommand([]).map((word) => `'${word}'`).join(" ");
      Deno.writeTextFileSync(reader, `#!/bin/sh\nexec ${command} "$@"\n`, {
        mode: 0o755,
      });
      const call = line.replace("/vm1", `${guest.name} --once -q`)
        .replace("ivring_reader", reader);
      const { code, stdout, stderr } = await runCommand(["sh", "-c", call]);
      assertEquals([code, stderr], [0, ""]);
      const wanted = expected[i];
      if (typeof wanted === "string") assertEquals(stdout, wanted);
      else assertMatch(stdout, wanted);
    });
  });
}

programTest(
  "rsyslog takes the file as the recipe configures it",
  "rsyslogd",
  "rsyslog",
  async () => {
    using guest = guestWithAll();
    using folder = new TempFolder();
    const file = folder.at("guests.json");
    const { code, stderr } = await runReader(
      ...["-s", guest.name, "--once", "-q", "--format", "json", "-f", file],
    );
    assertEquals([code, stderr], [0, ""]);
    const config = blockUnder(RECIPES, "rsyslog")
      .replace("/var/log/ivring/guests.json", file)
      .replace("/var/log/guests.log", folder.at("guests.log"));
    assert(config.includes(file) && !config.includes("/var/log"), config);
    const path = folder.at("rsyslog.conf");
    const folders = `global(workDirectory="${folder.path}")\n`;
    Deno.writeTextFileSync(path, folders + config);
    const pid = folder.at("rsyslogd.pid");
    const daemon = new Deno.Command("rsyslogd", {
      args: ["-n", "-f", path, "-i", pid],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await until(
        "all lines came through",
        () => folder.read("guests.log").split("\n").length === 4,
      );
    } finally {
      killIfRunning(daemon);
      await daemon.status;
    }
    const shown = folder.read("guests.log").trimEnd().split("\n")
      .map((line) => line.split(" ").slice(1).join(" ")).sort();
    assertEquals(shown, [
      `${guest.name} err disk "sda"\tgone`,
      `${guest.name} info a message`,
      `${guest.name} info prev_comm=sh prev_pid=-5 prev_state=S`,
    ]);
  },
);
