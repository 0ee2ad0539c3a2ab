/** The modes that say whose namespaces a container has: `host`, `container:NAME`, or one of its own. */

const CONTAINER = "container:";

/** The other container's name, of `container:NAME`. */
export function containerOf(mode: string | undefined): string | undefined {
  return mode?.startsWith(CONTAINER) ? mode.slice(CONTAINER.length) : undefined;
}

export function ofContainer(id: string): string {
  return `${CONTAINER}${id}`;
}
