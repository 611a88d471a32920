// SPDX-License-Identifier: MIT
/**
 * Draws tables as SVG: bars with their spread, one group for each column. The
 * scale is logarithmic if the figures span more than an order of magnitude.
 *
 * @module
 */
import { digits, type Figure } from "./figures.ts";
import type { Table } from "./part.ts";

const WIDTH = 760;
const LABEL_WIDTH = 210;
const VALUE_WIDTH = 70;
const BAR = 14;
const GROUP_GAP = 16;
const TOP = 48;
const SPAN_LINEAR = 10;
/**
 * Colours that differ also in grey and for the colour-blind (Okabe and Ito).
 */
const COLOURS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#999999",
];

/**
 * A plot with more bars than this is no picture that is understood at a glance,
 * and it is a large file: the table has to do.
 */
const BARS_MAX = 30;

const escaped = (text: string) =>
  text.replaceAll("**", "").replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");

function text(x: number, y: number, content: string, more = ""): string {
  return `<text x="${x}" y="${y}"${more}>${escaped(content)}</text>`;
}

/** Tells whether a table has a plot. */
export function hasPlot({ rows }: Table): boolean {
  const figures = rows.flatMap((row) => row.figures);
  return figures.filter((figure) => figure !== null).length <= BARS_MAX;
}

/** From a value to pixels right of the labels. */
function scaleOf(figures: readonly Figure[]): (value: number) => number {
  const width = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const most = Math.max(...figures.map(({ high }) => high));
  const least = Math.min(...figures.map(({ low }) => low));
  if (most / least <= SPAN_LINEAR || least <= 0) {
    return (value) => width * Math.max(0, value) / most;
  }
  // A bar begins one step below the least value, so that it can be seen.
  const from = Math.log(least / 2);
  return (value) => width * (Math.log(value) - from) / (Math.log(most) - from);
}

/** What a plot consists of; what looks alike is together, so that it is small. */
interface Shapes {
  readonly names: string[];
  readonly bars: string[];
  readonly spreads: string[];
  readonly texts: string[];
}

/**
 * Draws a table.
 *
 * @returns A whole SVG file; for a table without figures, it has only the
 *   title.
 */
export function plotSvg({ title, unit, columns, rows }: Table): string {
  const figures = rows.flatMap((row) => row.figures)
    .filter((figure) => figure !== null);
  const scale = figures.length > 0 ? scaleOf(figures) : () => 0;
  const shapes: Shapes = { names: [], bars: [], spreads: [], texts: [] };
  let y = TOP;
  for (const [c, column] of columns.entries()) {
    shapes.texts.push(text(8, y, column, ' font-weight="bold"'));
    y += 8;
    for (const [r, row] of rows.entries()) {
      const figure = row.figures[c];
      if (figure === null || figure === undefined) continue;
      addBar(shapes, row.name, figure, scale, y, COLOURS[r % COLOURS.length]);
      y += BAR + 4;
    }
    y += GROUP_GAP;
  }
  return `<!-- SPDX-License-Identifier: MIT -->
<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${text(8, 20, `${title}, ${unit}`, ' font-size="14"')}
<g text-anchor="end">
${shapes.names.join("\n")}
</g>
${shapes.bars.join("\n")}
<path d="${shapes.spreads.join("")}" stroke="#000000"/>
${shapes.texts.join("\n")}
</svg>
`;
}

function addBar(
  { names, bars, spreads, texts }: Shapes,
  name: string,
  figure: Figure,
  scale: (value: number) => number,
  y: number,
  colour: string,
): void {
  const [low, middle, high] = [figure.low, figure.median, figure.high]
    .map((value) => Math.round(Math.max(1, scale(value))));
  const x = LABEL_WIDTH;
  names.push(text(x - 6, y + BAR - 3, name));
  bars.push(
    `<rect x="${x}" y="${y}" width="${middle}" height="${BAR}" fill="${colour}"/>`,
  );
  spreads.push(`M${x + low} ${y + BAR / 2}H${x + high}`);
  texts.push(
    text(x + Math.max(middle, high) + 6, y + BAR - 3, digits(figure.median)),
  );
}
