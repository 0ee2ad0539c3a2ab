/** The parts of a group that are wanted. */

/** @param only - Names; all parts if there are none. @throws {Error} For a name that no part has. */
export function chosen<Part>(parts: Readonly<Record<string, Part>>, only: readonly string[] = []): [string, Part][] {
  const unknown = only.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined)
    throw new Error(`Cannot measure "${unknown}": choose from ${Object.keys(parts).join(", ")}`);
  return Object.entries(parts).filter(([name]) => only.length === 0 || only.includes(name));
}
