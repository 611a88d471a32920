// SPDX-License-Identifier: MIT
// Tests where the names of a guest's functions appear: JSON, info, trace.dat.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { datTest } from "../support/converted.ts";
import { entry, field, formatText } from "../support/events.ts";
import { Guest } from "../support/guest.ts";
import { runReader } from "../support/reader_program.ts";
import {
  ELF_SYMBOLS,
  gzipped,
  makeElf,
  publishSymbols,
  SLICE,
  summaryText,
  SYSTEM_MAP,
} from "../support/symbols.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { report } from "../support/trace_cmd.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const FUNCTION_ID = 1;
const FUNCTION_TEXT = formatText(
  [field("unsigned long ip", 8, 8), field("unsigned long parent_ip", 16, 8)],
  {
    id: FUNCTION_ID,
    name: "function",
    print: '" %ps <-%ps", (void *)REC->ip, (void *)REC->parent_ip',
  },
).replace("system: tests", "system: ftrace");

const VFS_READ = 0xffffffff81001000n;
const KSYS_READ = 0xffffffff81002810n;

/** Makes a guest with an entry of the function tracer. */
function tracing(publish: (guest: Guest) => void): Guest {
  const guest = new Guest({ metaBytes: 1 << 16 });
  guest.writer.describe(FUNCTION_ID, FUNCTION_TEXT);
  publish(guest);
  const addresses = new BigUint64Array([VFS_READ, KSYS_READ]);
  const rest = new Uint8Array(addresses.buffer);
  guest.writer.write(0, FUNCTION_ID, entry(rest, { id: FUNCTION_ID }));
  return guest;
}

/** Returns the names in the first event that a reader prints as JSON. */
async function namesOf(
  ...args: string[]
): Promise<{ names: unknown[]; stderr: string }> {
  const { code, stdout, stderr } = await runReader(
    ...["dump", "--format", "json", "--event", "function", ...args],
  );
  assertEquals(code, 0, stderr);
  const { fields } = JSON.parse(stdout.split("\n")[0]);
  return { names: [fields.ip_text, fields.parent_ip_text], stderr };
}

Deno.test("symbols: the guest's own names in JSON, and what info says", async () => {
  using guest = tracing(({ writer }) =>
    publishSymbols(writer, [gzipped(SLICE)])
  );
  const { names, stderr } = await namesOf("-s", guest.name, "-q");
  assertEquals(names, ["vfs_read", "ksys_read"]);
  assertEquals(stderr, "");
  // The function tracer's entries have no name, as in trace_pipe.
  const text = await runReader("dump", "-s", guest.name, "-q");
  assertMatch(text.stdout, / \.{5} +\d+\.\d{6}: vfs_read <-ksys_read\n/);
  const { stdout } = await runReader("info", "-s", guest.name);
  assertStringIncludes(
    stdout,
    "names of 4 functions: complete, 1000 bytes needed, " +
      "_stext at 0xffffffff81000000",
  );
});

Deno.test("symbols: --symbols, moved to where the guest's kernel lies", async () => {
  using guest = tracing(({ writer }) =>
    publishSymbols(writer, [], summaryText({ state: "no room", slices: 0 }))
  );
  using folder = new TempFolder();
  const map = folder.write("System.map", SYSTEM_MAP);
  const other = folder.write(
    "other.map",
    SYSTEM_MAP.replace("80f03000 T _etext", "80f04000 T _etext"),
  );
  const vmlinux = folder.at("vmlinux");
  Deno.writeFileSync(vmlinux, makeElf(ELF_SYMBOLS));
  const read = ["-s", guest.name];
  const wanted = ["vfs_read", "ksys_read"];
  const unknown = [undefined, undefined];
  assertEquals((await namesOf(...read)).names, unknown);
  for (const file of [map, vmlinux]) {
    const { names, stderr } = await namesOf(...read, "-v", "--symbols", file);
    assertEquals(names, wanted);
    assertStringIncludes(stderr, "moved by 1048576 bytes");
  }
  // If several files are given, the one that fits is used.
  const both = ["--symbols", other, "--symbols", map];
  assertEquals((await namesOf(...read, ...both)).names, wanted);
  const wrong = await namesOf(...read, "--symbols", other);
  assertEquals(wrong.names, unknown);
  assertStringIncludes(
    wrong.stderr,
    "not of this guest's kernel, and not used",
  );
  assertStringIncludes(wrong.stderr, "_etext lies 16384 bytes behind _stext");
});

Deno.test("symbols: --symbols without word from the guest", async () => {
  using guest = tracing(() => {});
  using folder = new TempFolder();
  const moved = SYSTEM_MAP.replaceAll("ffffffff80f0", "ffffffff8100");
  const map = folder.write("System.map", moved);
  const read = ["-s", guest.name, "--symbols"];
  const { names, stderr } = await namesOf(...read, map);
  assertEquals(names, ["vfs_read", "ksys_read"]);
  assertStringIncludes(stderr, "run ivring-trace publish in the guest");
  for (
    const [content, says] of [
      ["ffffffffffffffff B The real one is elsewhere\n", "line 1 is not"],
      ["MZ" + "\0".repeat(600), "is compressed"],
      [gzipped(SYSTEM_MAP), "is compressed"],
    ] as const
  ) {
    const path = folder.at("wrong");
    Deno.writeFileSync(
      path,
      typeof content === "string" ? utf8(content) : content,
    );
    const ended = await runReader("dump", ...read, path);
    assertEquals(ended.code, 1);
    assertStringIncludes(ended.stderr, says);
    assertStringIncludes(ended.stderr, "give --symbols the System.map");
  }
  const missing = await runReader("dump", ...read, folder.at("missing"));
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, "missing: there is no such file");
});

datTest(
  "functions have names, from the guest, a recording and a file",
  async () => {
    using guest = tracing(({ writer }) => publishSymbols(writer));
    using folder = new TempFolder();
    const namesIn = async (...args: string[]) => {
      const file = folder.at("trace.dat");
      const { code, stderr } = await runReader(
        ...["convert", "--to", "trace.dat", "-o", file, ...args],
      );
      assertEquals(code, 0, stderr);
      await report(file); // which throws if trace-cmd complains
      // Lists the functions that trace-cmd knows.
      const { stdout } = await new Deno.Command("trace-cmd", {
        args: ["report", "-f", file],
      }).output();
      return new TextDecoder().decode(stdout).trimEnd().split("\n")
        .filter((line) => line.startsWith("ffffffff"));
    };
    const read = "ffffffff81001000 vfs_read";
    const modules = "ffffffffc0001000 ext4_open [ext4]";
    const own = [
      "ffffffff81000000 _stext",
      "ffffffff81000040 do_idle",
      ...[read, "ffffffff81002800 ksys_read", modules],
    ];
    assertEquals(await namesIn("-s", guest.name), own);
    const recording = folder.at("recording");
    await runReader("record", "--once", "-s", guest.name, "-o", recording);
    assertEquals(await namesIn("--trace", recording), own);
    const map = folder.write("System.map", SYSTEM_MAP.replace(/ksys/g, "host"));
    const names = await namesIn("--trace", recording, "--symbols", map);
    assertEquals(names.slice(2), [
      ...[read, "ffffffff81002800 host_read", "ffffffff81003000 _etext"],
      modules,
    ]);
  },
);
