// SPDX-License-Identifier: MIT
/** Tests what reaches a real terminal: a pseudo-terminal made by script(1). */
import { assert, assertEquals } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Guest } from "../support/guest.ts";
import { readerCommand, runCommand } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";

/** Characters that must not be in a line on a terminal; tabs may. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;
const HIDDEN = /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

/** Makes a guest that has written everything that could do harm. */
function hostileGuest(): Guest {
  const guest = new Guest();
  for (let byte = 0; byte < 256; byte++) {
    const bytes = new Uint8Array([0x3c, byte, 0x3e]);
    guest.writer.write(0, ABI.ID_MESSAGE, bytes);
  }
  say(guest.writer, 0, "bidi \u202egnp.exe\u202c \u2066x\u2069 \u200bz\ufeff");
  say(guest.writer, 0, "real\nroot logged in\n");
  return guest;
}

/**
 * Returns what the reader prints on a terminal, with the terminal's CR LF as
 * LF.
 */
async function onTerminal(...args: string[]): Promise<string> {
  const quoted = readerCommand(args).map((word) =>
    `'${word.replaceAll("'", `'\\''`)}'`
  );
  const { code, stdout } = await runCommand(
    ["script", "-qec", quoted.join(" "), "/dev/null"],
  );
  assertEquals(code, 0);
  return stdout.replaceAll("\r\n", "\n");
}

for (const format of ["text", "json"]) {
  Deno.test(`terminal: nothing in ${format} commands or hides`, async () => {
    using guest = hostileGuest();
    const shown = await onTerminal(
      ...["-s", guest.name, "--once", "-q", "--format", format],
    );
    assert(!CONTROL.test(shown) && !shown.includes("\r"), shown);
    assert(!HIDDEN.test(shown), shown);
    const escape = format === "text" ? "<\\x1b>" : "<\\u001b>";
    assert(shown.includes(escape), shown);
  });
}

Deno.test("terminal: a further line shows that it is one", async () => {
  using guest = hostileGuest();
  const shown = await onTerminal("-s", guest.name, "--once", "-q");
  const lines = shown.trimEnd().split("\n");
  assertEquals(lines.slice(-2), ["real", "  | root logged in"]);
  // Only the message "<\n>" also has two lines.
  assertEquals(lines.length, 256 + 1 + 1 + 2);
});

Deno.test("terminal: --raw passes the bytes", async () => {
  using guest = hostileGuest();
  const shown = await onTerminal("-s", guest.name, "--once", "-q", "--raw");
  assert(shown.includes("<\x1b>") && shown.includes("real\nroot"), shown);
});

Deno.test("terminal: what the object is called comes from the host", async () => {
  using guest = new Guest({ guestName: "\x1b]0;owned\x07" });
  say(guest.writer, 0, "x\n");
  const shown = await onTerminal("-s", guest.name, "--once", "-v");
  assert(!CONTROL.test(shown), shown);
  const claim = shown.split("\n").find((line) => line.includes("calls itself"));
  assert(claim?.startsWith(`ivring_reader: ${guest.name}: `), shown);
  assert(claim?.includes("\\x1b]0;owned\\x07"), claim);
});

Deno.test("a pipe gets the bytes as they are, with --safe made safe", async () => {
  using guest = hostileGuest();
  const args = ["-s", guest.name, "--once", "-q"];
  const raw = await runCommand(readerCommand(args));
  assert(raw.stdout.includes("<\x1b>\n") && raw.stdout.includes("real\nroot"));
  const safe = await runCommand(readerCommand([...args, "--safe"]));
  assert(!CONTROL.test(safe.stdout) && !HIDDEN.test(safe.stdout));
  const both = await runCommand(readerCommand([...args, "--safe", "--raw"]));
  assertEquals([both.code, both.stdout], [2, ""]);
  assertEquals(
    both.stderr,
    "ivring_reader: option --raw does not go together with --safe\n",
  );
});
