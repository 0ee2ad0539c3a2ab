/** Addresses of D-Bus: `unix:path=/run/dbus/system_bus_socket,guid=…;unix:abstract=/tmp/x`. */

/**
 * The sockets that an address names, in order, as Node takes them: abstract ones begin with a null character.
 *
 * @throws {Error} When it names none; other transports than Unix sockets are passed over.
 * @see https://dbus.freedesktop.org/doc/dbus-specification.html#addresses
 */
export function socketPaths(address: string): string[] {
  const paths = address.split(";").flatMap(socketPath);
  if (paths.length === 0) throw new Error(`Cannot connect to D-Bus at "${address}": it names no Unix socket`);
  return paths;
}

function socketPath(address: string): string[] {
  const [, transport, list = ""] = /^(\w+):(.*)$/.exec(address) ?? [];
  const keys = Object.fromEntries(list.split(",").map((pair) => pair.split("="))) as Partial<Record<string, string>>;
  if (transport !== "unix") return [];
  if (keys.path !== undefined) return [decodeURIComponent(keys.path)];
  return keys.abstract === undefined ? [] : [`\0${decodeURIComponent(keys.abstract)}`];
}
