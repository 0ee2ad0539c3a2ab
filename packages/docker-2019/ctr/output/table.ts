/**
 * Tables: text whose cells end with a tab, aligned as Go's text/tabwriter aligns it, for ctr's readers (and the scripts that cut its
 * columns) know those.
 *
 *     "REF\tSIZE\t\na\t2.0 MiB\t\n"          REF SIZE    ·
 *                                            a   2.0 MiB ·
 *
 * A column is as wide as the widest of the cells that lie above each other, without a line between them that has no such cell. What
 * follows a line's last tab is not a cell, and widens nothing.
 *
 * @see https://pkg.go.dev/text/tabwriter
 */

export interface TableStyle {
  /** The least that a column takes, its padding included. */
  readonly minWidth: number;
  /** Added to the widest cell. */
  readonly padding: number;
  /** Fill with tabs, and make columns as wide as some of these. */
  readonly tabWidth?: number;
}

/** Most tables. */
export const NARROW: TableStyle = { minWidth: 1, padding: 1 };
/** Tables of containers and tasks. */
export const WIDE: TableStyle = { minWidth: 4, padding: 4 };
/** Tables of content. */
export const TABBED: TableStyle = { minWidth: 1, padding: 1, tabWidth: 8 };
/** The padding of TABBED is in its tabs. */
const TAB = "\t";

/** Aligns text: lines that end with `\n`, cells that end with `\t`. */
export function align(text: string, style: TableStyle): string {
  const lines = text.split("\n").map((line) => line.split(TAB));
  const widths = lines.map((line): number[] => Array(line.length - 1).fill(0));
  const columns = Math.max(...widths.map(({ length }) => length));
  for (let column = 0; column < columns; column++) measure(lines, widths, column, style);
  return lines.map((cells, row) => formatLine(cells, widths[row]!, style)).join("\n");
}

/** Finds the width of each stretch of lines that have a cell in this column. */
function measure(lines: string[][], widths: number[][], column: number, style: TableStyle): void {
  for (let start = 0; start < lines.length; start++) {
    let end = start;
    while (end < lines.length && column < widths[end]!.length) end++;
    const cells = lines.slice(start, end).map((line) => width(line[column]!) + style.padding);
    for (let row = start; row < end; row++) widths[row]![column] = Math.max(style.minWidth, ...cells);
    start = Math.max(start, end - 1);
  }
}

function formatLine(cells: string[], widths: number[], { tabWidth }: TableStyle): string {
  return cells.map((cell, column) => cell + filling(widths[column], width(cell), tabWidth)).join("");
}

function filling(columnWidth: number | undefined, cellWidth: number, tabWidth: number | undefined): string {
  if (columnWidth === undefined) return "";
  if (tabWidth === undefined) return " ".repeat(columnWidth - cellWidth);
  const whole = Math.ceil(columnWidth / tabWidth) * tabWidth;
  return TAB.repeat(Math.ceil((whole - cellWidth) / tabWidth));
}

/** In characters, as Go counts them: code points, an escape sequence's too. */
function width(text: string): number {
  return [...text].length;
}
