/** Which objects are maps of Go's: what a map hasn't is `<no value>`, where what a structure hasn't is an error. */

const MAPS = new WeakSet<object>();

/** @returns The object itself, known as a map from now on. */
export function asGoMap<Value extends object>(value: Value): Value {
  MAPS.add(value);
  return value;
}

export function isGoMap(value: object): boolean {
  return MAPS.has(value);
}
