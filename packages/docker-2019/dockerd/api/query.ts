/** The query of a request, in the API's own ways of saying things. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** What to look for: by name of the filter, its values, one of which must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

export class Query {
  readonly #params: URLSearchParams;

  constructor(params: URLSearchParams) {
    this.#params = params;
  }

  text(name: string): string {
    return this.#params.get(name) ?? "";
  }

  all(name: string): string[] {
    return this.#params.getAll(name);
  }

  has(name: string): boolean {
    return this.#params.has(name);
  }

  /** Whatever is said and is no way of saying no. */
  flag(name: string): boolean {
    const value = this.text(name).trim().toLowerCase();
    return !["", "0", "no", "false", "none"].includes(value);
  }

  /** @throws {InvalidArgument} In Go's words. */
  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === "") return undefined;
    if (!/^[+-]?\d+$/.test(text))
      throw new InvalidArgument(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  }

  /** `{"status":["running"]}`, or, as of old, `{"status":{"running":true}}`. @throws {InvalidArgument} When it is neither. */
  filters(): Filters {
    const text = this.text("filters");
    if (text === "") return new Map();
    try {
      const parsed = JSON.parse(text) as Record<string, readonly string[] | Readonly<Record<string, boolean>>>;
      return new Map(
        Object.entries(parsed).map(([name, values]) => [name, Array.isArray(values) ? values : Object.keys(values)]),
      );
    } catch (cause) {
      throw new InvalidArgument(`invalid filter: ${(cause as Error).message}`, { cause });
    }
  }
}
