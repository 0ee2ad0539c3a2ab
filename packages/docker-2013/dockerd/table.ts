/** Tables of text, as Go's `text/tabwriter` lays them out. */

const PADDING = 3;

/**
 * Lays out `rows`: each column is as wide as its longest cell and three spaces, and at least `minWidth`; the last is not filled up.
 *
 * @see https://pkg.go.dev/text/tabwriter
 */
export function formatTable(rows: readonly (readonly string[])[], minWidth: number): string {
  const widthOf = (column: number) =>
    Math.max(minWidth, ...rows.map((row) => (column < row.length - 1 ? [...row[column]!].length + PADDING : 0)));
  return rows
    .map((row) => row.map((cell, column) => (column < row.length - 1 ? pad(cell, widthOf(column)) : cell)).join(""))
    .map((line) => `${line}\n`)
    .join("");
}

/** By characters, where `padEnd` counts UTF-16 units. */
const pad = (cell: string, width: number) => cell + " ".repeat(Math.max(0, width - [...cell].length));
