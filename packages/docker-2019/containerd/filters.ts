/**
 * Filters: how clients say which containers, images, events … they mean.
 *
 *     name==web,labels.tier!=test        a container called web, whose label "tier" has another value than "test"
 *     labels."com.example/a.b"           any that has this label
 *     topic~=|^/tasks/|                  any whose topic matches this regular expression; so written, it needs no escapes
 *
 * The grammar:
 *
 *     selectors = selector {"," selector}        all of them must hold
 *     selector  = fieldpath [operator value]     without operator: the field must be there
 *     fieldpath = field {"." field}
 *     field     = word | quoted                  a word has letters, digits and "_"
 *     operator  = "==" | "!=" | "~="
 *     value     = quoted | whatever is neither white nor ","
 *     quoted    = "…" with the escapes of a Go string; after ~= also |…| and /…/
 *
 * Of a list of filters one must hold, and an empty list or filter holds always. Regular expressions are JavaScript's where containerd
 * has RE2: the two agree on what people write in filters, and a leading `(?i)` is understood.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/filters/parser.go
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { FilterParser } from "./filter-parser.ts";

/** A thing's field, by its path; undefined when it has none of that name. */
export type FieldOf = (path: readonly string[]) => string | undefined;

/** Whether a thing is meant. */
export type Filter = (field: FieldOf) => boolean;

/** What one selector asks for. */
export interface Selector {
  readonly path: readonly string[];
  readonly operator: Operator;
  /** Empty when only presence is asked for. */
  readonly value: string;
}

export type Operator = "present" | "==" | "!=" | "~=";

/** @throws {InvalidArgument} `filters: parse error: [labels >|=|<foo]: …`, with the character at fault in the middle. */
export function parseFilters(filters: readonly string[]): Filter {
  const alternatives = filters.map((filter) => all(selectorsOf(filter).map(matcher)));
  if (alternatives.length === 0) return () => true;
  return (field) => alternatives.some((matches) => matches(field));
}

/** The field of a map whose name is the rest of a path: `labels.a.b` is the label `a.b`, and so is `labels."a.b"`. */
export function fieldOfMap(map: Readonly<Record<string, string>>, path: readonly string[]): string | undefined {
  const name = path.join(".");
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function selectorsOf(filter: string): readonly Selector[] {
  if (filter === "") return [];
  try {
    return new FilterParser(filter).selectors();
  } catch (cause) {
    throw new InvalidArgument(`filters: ${(cause as Error).message}`, { cause });
  }
}

function all(filters: readonly Filter[]): Filter {
  return (field) => filters.every((matches) => matches(field));
}

function matcher({ path, operator, value }: Selector): Filter {
  if (operator === "present") return (field) => field(path) !== undefined;
  if (operator === "==") return (field) => field(path) === value;
  if (operator === "!=") return (field) => (field(path) ?? "") !== value;
  const expression = regularExpression(value);
  // What is no regular expression matches nothing, and is no error: containerd only logs it.
  return (field) => expression?.test(field(path) ?? "") ?? false;
}

/** RE2 puts flags at the head of the expression. */
const FLAGS = /^\(\?([ims]+)\)/;

function regularExpression(text: string): RegExp | undefined {
  const [head = "", flags = ""] = FLAGS.exec(text) ?? [];
  const body = text.slice(head.length);
  // With "u" a character is a whole one, but then `\-` is an error; RE2 takes both.
  return compiled(body, `u${flags}`) ?? compiled(body, flags);
}

function compiled(body: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(body, flags);
  } catch {
    return undefined;
  }
}
