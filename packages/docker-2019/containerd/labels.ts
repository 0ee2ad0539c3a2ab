/**
 * Labels: facts that clients attach to what containerd keeps. containerd itself reads only those that begin with `containerd.io/`.
 *
 * An empty value is no label: to set one to "" is to take it away.
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

export type Labels = Readonly<Record<string, string>>;

/** Of a name and its value together. */
const MAX_LABEL_BYTES = 4096;
/** As much of a name as an error repeats. */
const SHOWN_LENGTH = 10;

/**
 * @param owner - Whose labels, for the message: `image.Labels`.
 * @throws {InvalidArgument} When one is too long.
 */
export function validateLabels(labels: Labels, owner: string): void {
  for (const [name, value] of Object.entries(labels)) {
    if (Buffer.byteLength(name) + Buffer.byteLength(value) <= MAX_LABEL_BYTES) continue;
    throw new InvalidArgument(
      `${owner}: label key and value greater than maximum size (${MAX_LABEL_BYTES} bytes), key: ${name.slice(0, SHOWN_LENGTH)}`,
    );
  }
}

/** Those that are kept: the ones with a value. */
export function withoutEmpty(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
}

/**
 * A map after a path of an update mask has been applied to it.
 *
 * @param field - The map's own name: `labels`.
 * @param path - `labels` for all of it, `labels.NAME` for one; NAME may have dots.
 * @returns Undefined when the path names something else.
 */
export function maskedMap<Value>(
  field: string,
  path: string,
  before: Readonly<Record<string, Value>>,
  wanted: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> | undefined {
  if (path === field) return wanted;
  if (!path.startsWith(`${field}.`)) return undefined;
  const name = path.slice(field.length + 1);
  const others = Object.entries(before).filter(([other]) => other !== name);
  return Object.fromEntries(Object.hasOwn(wanted, name) ? [...others, [name, wanted[name]!]] : others);
}
