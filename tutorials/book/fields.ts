/** Rows of a YAML file, read field by field. Every complaint names the file, the row and the field. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "yaml";
import type { Language } from "./chapter.ts";

/** The same in both languages. */
export type Bilingual = Readonly<Record<Language, string>>;

/** One row. Whoever reads it asks for each field once, and then for `done()`. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();
  /** `ledger.yaml: 001.08` */
  readonly #at: string;

  constructor(values: unknown, at: string) {
    if (typeof values !== "object" || values === null || Array.isArray(values))
      throw new Error(`${at}: is no mapping of fields`);
    this.#values = values as Record<string, unknown>;
    this.#at = at;
  }

  text(name: string): string {
    const value = this.#ask(name);
    if (typeof value !== "string" || value === "") throw this.#wrong(name, "is to be a text");
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.#values[name] === undefined ? undefined : this.text(name);
  }

  texts(name: string): string[] {
    const value = this.#ask(name);
    if (!Array.isArray(value) || value.some((item) => typeof item !== "string" || item === ""))
      throw this.#wrong(name, "is to be a list of texts");
    return value as string[];
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.#ask(name);
    const found = words.find((word) => word === value);
    if (found === undefined) throw this.#wrong(name, `is to be one of ${words.join(", ")}`);
    return found;
  }

  /** A mapping of its own: `{ en, zh }`. */
  inner(name: string): Fields {
    return new Fields(this.#ask(name), `${this.#at}: ${name}`);
  }

  bilingual(name: string): Bilingual {
    const inner = this.inner(name);
    const texts = { en: inner.text("en"), zh: inner.text("zh") };
    inner.done();
    return texts;
  }

  /** @throws {Error} When the row has a field that nobody has asked for. */
  done(): void {
    const unknown = Object.keys(this.#values).find((name) => !this.#asked.has(name));
    if (unknown !== undefined) throw this.#wrong(unknown, "is not known: is it misspelt?");
  }

  #ask(name: string): unknown {
    this.#asked.add(name);
    if (!(name in this.#values)) throw this.#wrong(name, "is missing");
    return this.#values[name];
  }

  #wrong(name: string, what: string): Error {
    const value = this.#values[name];
    return new Error(`${this.#at}: field ${name} ${what}${value === undefined ? "" : `: ${JSON.stringify(value)}`}`);
  }
}

/** @param key - The field that names a row. @throws {Error} When the file is no list of mappings that have it, each another. */
export function readRows(path: string, key: string): Fields[] {
  const rows: unknown = parse(readFileSync(path, "utf8"));
  if (!Array.isArray(rows)) throw new Error(`${basename(path)}: is to be a list of rows`);
  const names = new Set<unknown>();
  return rows.map((row: Record<string, unknown> | null, index) => {
    const name = row?.[key];
    if (typeof name !== "string") throw new Error(`${basename(path)}: row ${index + 1} has no ${key}`);
    if (names.has(name)) throw new Error(`${basename(path)}: ${name} stands there twice: give one another ${key}`);
    names.add(name);
    return new Fields(row, `${basename(path)}: ${name}`);
  });
}
