/**
 * The tools that documents are checked with: config.json, manifests, image configs. A check looks at one value and reports what is
 * wrong with it, at the place where it stands; checks of parts make up the check of the whole, so that tables read like the
 * specification:
 *
 *     const user = object<User>({ uid: uint32, gid: uint32 }, { umask: uint32, additionalGids: list(uint32) });
 *
 * Each check carries the type that it stands for, and a table must have exactly the members of its type: the compiler refuses one
 * that forgets a member, or takes an optional one for required.
 */
import { type Place, show } from "./findings.ts";

/** Looks at a value of any kind; without a problem, it is a `T`. */
export interface Check<out T> {
  (value: unknown, place: Place): void;
  /** Never there: it binds the type. */
  readonly type?: T;
}

/** What is to hold beyond types. Called only with a value that is well-formed. */
export type Rule<T> = (value: T, place: Place) => void;

type OptionalKey<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];
type Required<T> = { readonly [K in Exclude<keyof T, OptionalKey<T>>]: Check<T[K]> };
type Optional<T> = { readonly [K in OptionalKey<T>]-?: Check<Exclude<T[K], undefined>> };

/** An object with these members. Others are passed over. A member that is null counts as absent, and is taken out. */
export function object<T extends object>(required: Required<T>, optional: Optional<T>, rule?: Rule<T>): Check<T> {
  const members = Object.entries<Check<unknown>>({ ...required, ...optional });
  const count = Object.keys(required).length;
  return (value, place) => {
    if (!isObject(value)) return place.problem(`${show(value)} is not an object`);
    const before = place.problemCount;
    for (const [i, [key, check]] of members.entries()) {
      const member = takeNull(value, key);
      if (member !== undefined) check(member, place.at(key));
      else if (i < count) place.at(key).problem("missing");
    }
    if (place.problemCount === before) rule?.(value as T, place); // every member has been checked
  };
}

/** A list of such elements. */
export function list<T>(check: Check<T>, rule?: Rule<readonly T[]>): Check<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return place.problem(`${show(value)} is not a list`);
    const before = place.problemCount;
    for (const [i, element] of value.entries()) check(element, place.at(i));
    if (place.problemCount === before) rule?.(value, place);
  };
}

/** An object that maps names of any kind to such values. */
export function record<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value, place) => {
    if (!isObject(value)) return place.problem(`${show(value)} is not an object`);
    for (const key of Object.keys(value)) {
      const member = takeNull(value, key);
      if (member !== undefined) check(member, place.at(key));
    }
  };
}

/** The same, and more is asked of it. */
export function where<T>(check: Check<T>, rule: Rule<T>): Check<T> {
  return (value, place) => {
    const before = place.problemCount;
    check(value, place);
    if (place.problemCount === before) rule(value as T, place); // it has just been checked
  };
}

/** One of these words. @param what - What they are, with its article: `a namespace`. */
export function oneOf<const T extends string>(words: readonly T[], what: string): Check<T> {
  const known = new Set<unknown>(words);
  return (value, place) => {
    if (!known.has(value)) place.problem(`${show(value)} is not ${what}`);
  };
}

/** Any text. */
export const text: Check<string> = (value, place) => {
  if (typeof value !== "string") place.problem(`${show(value)} is not a string`);
};

/** Text that the kernel gets to see, where a NUL would end it early. */
export const string: Check<string> = where(text, (value, place) => {
  if (value.includes("\0")) place.problem(`${show(value)} contains a NUL`);
});

/** A path from the root. */
export const absolutePath: Check<string> = where(string, (value, place) => {
  if (!value.startsWith("/")) place.problem(`${show(value)} is not an absolute path`);
});

export const boolean: Check<boolean> = (value, place) => {
  if (typeof value !== "boolean") place.problem(`${show(value)} is not true or false`);
};

/** An integer between two, both allowed. More than 2⁵³ would not be exact as a number, and is no sensible value of any field. */
export function integer(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): Check<number> {
  return (value, place) => {
    if (typeof value !== "number" && typeof value !== "bigint") return place.problem(`${show(value)} is not a number`);
    if (typeof value === "number" && !Number.isInteger(value)) return place.problem(`${value} is not an integer`);
    if (value < minimum) place.problem(`${value} is less than ${minimum}`);
    else if (value > maximum) place.problem(`${value} is more than ${maximum}`);
  };
}

export const uint32 = integer(0, 0xffff_ffff);
/** Without a sign, up to 2⁵³. */
export const size = integer(0);
/** The same, or -1: no limit. */
export const sizeOrUnlimited = integer(-1);

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/** All of 64 bits without a sign: a number up to 2⁵³, above that a `bigint` as `parseJson` makes it. */
export const uint64: Check<number | bigint> = (value, place) => {
  if (typeof value !== "bigint") return size(value, place);
  if (value < 0n) place.problem(`${value} is less than 0`);
  else if (value > UINT64_MAX) place.problem(`${value} is more than ${UINT64_MAX}`);
};

/** In this format null means absent: Go's decoder reads it so. */
function takeNull(owner: Record<string, unknown>, key: string): unknown {
  if (!Object.hasOwn(owner, key)) return undefined;
  const value = owner[key];
  if (value !== null) return value;
  Reflect.deleteProperty(owner, key);
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
