// SPDX-License-Identifier: MIT
// Tests the hook for libvirt, which is called as libvirt calls it.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Guest } from "../support/guest.ts";
import { setLive } from "../support/live.ts";
import { programTest } from "../support/programs.ts";
import { readerCommand, runCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ROOT } from "../../packaging/root.ts";

const HOOK = `${ROOT}/packaging/libvirt/ivring-black-box`;

/**
 * A host with the reader as one program, and the folder that the hook writes
 * to.
 */
class Host extends TempFolder {
  readonly #reader = this.at("reader");

  constructor() {
    super();
    const quoted = readerCommand([]).map((word) => `'${word}'`).join(" ");
    const script = `#!/bin/sh\ncd '${ROOT}' && exec ${quoted} "$@"\n`;
    Deno.writeTextFileSync(this.#reader, script, { mode: 0o700 });
  }

  /**
   * Calls the hook, which must neither print nor refuse anything.
   *
   * @param config The host's options for every command line.
   * @param hook The hook's path.
   */
  async call(
    { name }: Guest,
    args: readonly string[],
    { keep = "10", config = "", hook = HOOK } = {},
  ): Promise<void> {
    await Deno.writeTextFile(this.at("conf"), config);
    const xml = `<domain type='kvm'>
      <name>vm1</name>
      <devices>
        <shmem name='${name.slice(1)}' role='master'>
          <model type='ivshmem-plain'/>
        </shmem>
        <shmem name='ivring-no-such'>
          <model type='ivshmem-plain'/>
        </shmem>
      </devices>
    </domain>`;
    const child = new Deno.Command(hook, {
      args: ["vm1", ...args],
      env: {
        IVRING_READER: this.#reader,
        IVRING_FOLDER: this.at("kept"),
        IVRING_KEEP: keep,
        IVRING_CONFIG: this.at("conf"),
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(xml));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals([code, text(stdout), text(stderr)], [0, "", ""]);
  }

  /** Returns the names of the files that the hook keeps, sorted. */
  kept(): string[] {
    try {
      return [...Deno.readDirSync(this.at("kept/vm1"))]
        .map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}

Deno.test("libvirt: a crashed guest's last words are kept", async () => {
  using host = new Host();
  using guest = new Guest();
  say(guest.writer, 0, "last \x1bwords\n");
  const before = new Uint8Array(guest.object.buffer).slice();
  await host.call(guest, ["release", "end", "crashed"]);
  const files = host.kept();
  const object = guest.name.slice(1);
  assertEquals(files.length, 2);
  assertMatch(files[0], new RegExp(`^\\d{8}T\\d{6}Z\\.${object}\\.log$`));
  assertEquals(files[1], files[0].replace(/log$/, "ring"));
  assertEquals(host.read(`kept/vm1/${files[0]}`), "last \\x1bwords\n");
  const copy = Deno.readFileSync(host.at(`kept/vm1/${files[1]}`));
  assertEquals(copy, before);
});

for (
  const [what, args, said, kept] of [
    ["no end", ["started", "begin", "-"], {}, false],
    ["the first of two calls", ["stopped", "end", "-"], {}, false],
    ["an ordered end", ["release", "end", "shutdown"], {}, false],
    ["a migration", ["release", "end", "migrated"], {}, false],
    ["a forced end", ["release", "end", "destroyed"], {}, true],
    ["no reason given, a panic", ["release", "end", "-"], {
      state: ABI.STATE_PANICKED,
      reason: ABI.REASON_PANIC,
    }, true],
    ["no reason given, still running", ["release", "end", "-"], {}, true],
    ["no reason given, the driver unloaded", ["release", "end", "-"], {
      state: ABI.STATE_UNLOADED,
    }, false],
    ["no reason given, a shutdown", ["release", "end", "-"], {
      reason: ABI.REASON_SHUTDOWN,
    }, false],
    ["a crash of QEMU after that", ["release", "end", "crashed"], {
      reason: ABI.REASON_SHUTDOWN,
    }, true],
  ] as const
) {
  Deno.test(`libvirt: ${what}: ${kept ? "kept" : "nothing kept"}`, async () => {
    using host = new Host();
    using guest = new Guest();
    setLive(guest.object.buffer, said);
    await host.call(guest, args);
    assertEquals(host.kept().length, kept ? 2 : 0);
  });
}

/** Options that suit people, but would spoil what the hook keeps. */
const HOST_OPTIONS = [
  "[dump]\n--lines 1",
  "[dump]\n--format json",
  "[info]\n--json",
  "[dump]\n--file other.log",
  "[dump]\n--event guest",
  "--owner ivring-no-such-user",
  "nonsense",
];

/**
 * Calls the hook for a guest with two lines.
 *
 * @returns The log that the hook keeps; null if it keeps none.
 */
async function keptWith(
  config: string,
  hook = HOOK,
): Promise<string | null> {
  using host = new Host();
  using guest = new Guest();
  say(guest.writer, 0, "first words\n");
  say(guest.writer, 0, "last words\n");
  const crashed = ["release", "end", "crashed"];
  await host.call(guest, crashed, { config, hook });
  const [log] = host.kept();
  return log === undefined ? null : host.read(`kept/vm1/${log}`);
}

for (const config of HOST_OPTIONS) {
  const shown = config.replace("\n", " ");
  Deno.test(`libvirt: /etc/ivring.conf with ${shown} changes nothing that is kept`, async () => {
    assertEquals(await keptWith(config), "first words\nlast words\n");
  });
}

Deno.test("control: without --no-config the hook does what that file says", async () => {
  using folder = new TempFolder();
  const hook = folder.at("hook");
  const text = await Deno.readTextFile(HOOK);
  const without = text.replaceAll("--no-config -", "-");
  assert(without !== text);
  await Deno.writeTextFile(hook, without, { mode: 0o700 });
  assertEquals(await keptWith("[dump]\n--lines 1", hook), "last words\n");
  assertEquals(await keptWith("[info]\n--json", hook), null);
});

Deno.test("libvirt: what others may write to is not kept", async () => {
  using host = new Host();
  using guest = new Guest();
  await runCommand(["chmod", "666", guest.object.path]);
  await host.call(guest, ["release", "end", "crashed"]);
  assertEquals(host.kept(), []);
});

Deno.test("libvirt: only the newest are kept", async () => {
  using host = new Host();
  using guest = new Guest();
  const old = ["20200101T000000Z.a", "20200102T000000Z.a"];
  await Deno.mkdir(host.at("kept/vm1"), { recursive: true });
  for (const name of old) {
    await Deno.writeTextFile(host.at(`kept/vm1/${name}.ring`), "");
    await Deno.writeTextFile(host.at(`kept/vm1/${name}.log`), "");
  }
  await host.call(guest, ["release", "end", "crashed"], {
    keep: "2",
  });
  const files = host.kept();
  assertEquals(files.length, 4);
  assertEquals(files.slice(0, 2), [`${old[1]}.log`, `${old[1]}.ring`]);
});

programTest(
  "libvirt: shellcheck has nothing to say",
  "shellcheck",
  "shellcheck",
  async () => {
    const found = await runCommand(["shellcheck", HOOK]);
    assertEquals(found, { code: 0, stdout: "", stderr: "" });
  },
);
