// SPDX-License-Identifier: MIT
/**
 * Text in tables of Markdown.
 *
 * @module
 */

/** Returns text as a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*")
    .replaceAll("<", "&lt;").replaceAll("\n", "<br>");
}
