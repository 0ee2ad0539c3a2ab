/**
 * What is found wrong in a document, and where. Documents come from outside: a person who wrote one wants to know the place, all
 * places, and the reason.
 *
 *     Invalid config.json: linux.namespaces[2].type: "foo" is not a namespace (and 2 more)
 */
import type { Check } from "./check.ts";
import { InvalidArgument } from "./errdefs.ts";

/** What is wrong, and where. */
export interface Finding {
  /** `linux.namespaces[2].type`; empty for the document itself. */
  readonly path: string;
  readonly reason: string;
}

/** All that is found in one document. */
export interface Findings {
  /** It can't be used. */
  readonly problems: Finding[];
  /** It can, but not all of it has an effect. */
  readonly warnings: Finding[];
}

/** A place in the document; its path is put together only when there is something to say about it. */
export class Place {
  readonly #findings: Findings;
  readonly #key: string | number;
  readonly #parent: Place | undefined;

  constructor(findings: Findings, key: string | number, parent?: Place) {
    this.#findings = findings;
    this.#key = key;
    this.#parent = parent;
  }

  /** A member or an element of what is here. */
  at(key: string | number): Place {
    return new Place(this.#findings, key, this);
  }

  problem(reason: string): void {
    this.#findings.problems.push({ path: this.#path(), reason });
  }

  warn(reason: string): void {
    this.#findings.warnings.push({ path: this.#path(), reason });
  }

  get problemCount(): number {
    return this.#findings.problems.length;
  }

  #path(): string {
    if (this.#parent === undefined) return String(this.#key);
    const above = this.#parent.#path();
    if (typeof this.#key === "number") return `${above}[${this.#key}]`;
    if (!/^\w+$/.test(this.#key)) return `${above}[${show(this.#key)}]`;
    return above === "" ? this.#key : `${above}.${this.#key}`;
  }
}

/** A document that can't be used. Its message tells the first problem. */
export class InvalidDocument extends InvalidArgument {
  override readonly name = "InvalidDocument";
  /** All of them, in the order of the specification; never empty. */
  readonly problems: readonly Finding[];

  constructor(what: string, problems: readonly Finding[]) {
    const [first] = problems.map(sentence);
    super(`Invalid ${what}: ${first}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ""}`);
    this.problems = problems;
  }
}

/** A document that can be used. */
export interface Valid<T> {
  readonly value: T;
  /** What in it has no effect: `process.capabilities.bounding[0]: "CAP_X" is not a known capability, and is left out`. */
  readonly warnings: readonly string[];
}

/**
 * Takes a parsed document for what it should be. Members that are null count as absent, and are taken out of it.
 *
 * @param what - The document, as a message names it: `config.json`.
 * @param path - Where the value stands, if it is only a part.
 * @throws {InvalidDocument} When it can't be used.
 */
export function validate<T>(check: Check<T>, value: unknown, what: string, path = ""): Valid<T> {
  const findings: Findings = { problems: [], warnings: [] };
  check(value, new Place(findings, path));
  if (findings.problems.length > 0) throw new InvalidDocument(what, findings.problems);
  return { value: value as T, warnings: findings.warnings.map(sentence) }; // it has just been checked
}

function sentence({ path, reason }: Finding): string {
  return path === "" ? reason : `${path}: ${reason}`;
}

/** A value as a message shows it: quoted, and never longer than a line. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
