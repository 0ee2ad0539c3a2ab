/** Objects without holes: what TypeScript's exactOptionalPropertyTypes asks for, and JSON says by leaving out. */

export type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The entries of an object that are not undefined. */
export function present<T extends object>(parts: T): Present<T> {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as Present<T>;
}
