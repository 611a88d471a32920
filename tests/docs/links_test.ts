// SPDX-License-Identifier: MIT
/** The documents lead where they say, and README.md stays short. */
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../../packaging/root.ts";

/** What a page that is read in one sitting may have. */
const README_BYTES_MAX = 14 * 1024;

const FOLDERS = ["", "docs", "docs/how-to", "docs/reference"]
  .concat("docs/explanation", "guest", "tests/fixtures");

/** Returns the paths of all pages, seen from the root. */
function pages(): string[] {
  return FOLDERS.flatMap((folder) =>
    [...Deno.readDirSync(`${ROOT}/${folder}`)]
      .filter(({ name }) => name.endsWith(".md"))
      .map(({ name }) => folder === "" ? name : `${folder}/${name}`)
  );
}

/** Returns the anchors of a page's headlines, as code hosts make them. */
function anchors(text: string): string[] {
  const headlines = text.replaceAll(/^```[^]*?^```/gm, "")
    .matchAll(/^#+ (.*)$/gm);
  return [...headlines].map(([, headline]) =>
    headline.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  );
}

/** Returns the links of a page that lead nowhere. */
function deadLinks(path: string, text: string): string[] {
  const links = text.matchAll(/\]\(([^()\s]+)\)/g);
  return [...links].map(([, link]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file, anchor] = link.split("#");
      const target = new URL(file, `file://${ROOT}/${path}`);
      try {
        if (anchor === undefined) return !Deno.statSync(target).isFile;
        const page = file === "" ? text : Deno.readTextFileSync(target);
        return !anchors(page).includes(anchor);
      } catch {
        return true;
      }
    });
}

for (const path of pages()) {
  Deno.test(`every link of ${path} leads somewhere`, () => {
    assertEquals(deadLinks(path, Deno.readTextFileSync(`${ROOT}/${path}`)), []);
  });
}

Deno.test("control: links that lead nowhere are found", () => {
  const text = "# One two\n[a](none.md) [b](#one) [c](#one-two) [d](README.md)";
  assertEquals(deadLinks("README.md", text), ["none.md", "#one"]);
});

Deno.test("README.md is short enough to be read", () => {
  const { size } = Deno.statSync(`${ROOT}/README.md`);
  assert(size <= README_BYTES_MAX, `${size} bytes`);
});
