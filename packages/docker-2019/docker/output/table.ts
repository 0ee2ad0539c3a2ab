/**
 * Lists of things: as a table, by a template, as JSON, or their names alone.
 *
 *     NAMES     STATUS                a column is as wide as its widest cell and three more, ten at least; what follows the last
 *     web       Up 2 minutes          one has no width
 *
 * `--format 'table {{.Names}}\t{{.Status}}'` makes a table of a template: for the head, it is given the columns' titles in place of values.
 */

import { print, STDOUT, write } from "./print.ts";
import type { UserTemplateOptions } from "./user-template.ts";

interface TableStyle {
  /** The least that a column takes, its padding included. */
  readonly minWidth: number;
  readonly padding: number;
}

const USUAL: TableStyle = { minWidth: 10, padding: 3 };

/** A thing in a list: its fields, and what takes an argument, such as `{{.Label "key"}}`. */
export type Row = Readonly<Record<string, string | boolean | ((...args: readonly string[]) => string)>>;

export interface Listing {
  /** By field; those of a function have titles of their own. */
  readonly titles: Readonly<Record<string, string>>;
  /** What the table shows when nothing else is asked for. */
  readonly columns: readonly string[];
  /** By field: what the table shows where there is nothing. */
  readonly placeholders?: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  /** What is said of a template that doesn't suit the rows. */
  readonly template?: UserTemplateOptions;
  /** The field that `-q` prints. */
  readonly key: string;
}

export interface ListingFlags {
  readonly quiet?: boolean;
  readonly format?: string | undefined;
}

const TABLE = "table";

export async function printListing(listing: Listing, { quiet, format }: ListingFlags): Promise<void> {
  const { rows, columns, placeholders = {}, key } = listing;
  if (quiet && (format === undefined || format === TABLE)) return printRows(rows.map((row) => [row[key]]));
  if (format === undefined || format === TABLE)
    return printTable([
      columns.map((field) => listing.titles[field]!),
      ...rows.map((row) => columns.map((field) => cell(row[field]) || (placeholders[field] ?? ""))),
    ]);
  await printTemplate(listing, format === "json" ? "{{json .}}" : format);
}

function printRows(rows: readonly (readonly unknown[])[]): void {
  for (const [value] of rows) print(String(value));
}

function cell(value: Row[string] | undefined): string {
  return typeof value === "function" ? value() : String(value ?? "");
}

/** Sorted, as Go writes a map. */
export function inOrder(row: Row): Row {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function printTemplate({ titles, rows, template: options }: Listing, format: string): Promise<void> {
  const [{ UserTemplate }, { ListRow }] = await Promise.all([
    import("./user-template.ts"),
    import("../../template/functions.ts"),
  ]);
  const isTable = format.startsWith(TABLE);
  const text = (isTable ? format.slice(TABLE.length).trim() : format).replaceAll("\\t", "\t").replaceAll("\\n", "\n");
  const template = new UserTemplate(text, options);
  const shown = rows.map((row) => template.execute(new ListRow(inOrder(row))));
  if (!isTable) return printRows(shown.map((line) => [line]));
  const head = template.execute(titleRow(titles, rows[0]));
  printTable([head, ...shown].map((line) => line.split("\t")));
}

/** What a function of a row would say of one of them, its title says of all: its argument. */
function titleRow(titles: Readonly<Record<string, string>>, row: Row = {}): Row {
  const functions = Object.entries(row).filter(([, value]) => typeof value === "function");
  return {
    ...Object.fromEntries(functions.map(([name]) => [name, titleOf])),
    ...titles,
  };
}

/** `com.example.my-label` is headed `my label`. */
function titleOf(label = ""): string {
  return label.split(".").at(-1)!.replace(/[-_]/g, " ");
}

export function printTable(rows: readonly (readonly string[])[]): void {
  write(STDOUT, alignRows(rows));
}

/** Lines, each with `\n`. */
export function alignRows(rows: readonly (readonly string[])[], { minWidth, padding }: TableStyle = USUAL): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, text] of row.slice(0, -1).entries())
      widths[column] = Math.max(widths[column] ?? minWidth, [...text].length + padding);
  return rows
    .map(
      (row) => `${row.map((text, column) => padded(text, column < row.length - 1 ? widths[column]! : 0)).join("")}\n`,
    )
    .join("");
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - [...text].length));
}
