import type { ContainerJson } from "../../engine-api/container.ts";
import { askFor } from "../no-such.ts";
import type { Session } from "../session.ts";

/**
 * All that the daemon knows of a container.
 *
 * @param name - Or an ID, or the beginning of one.
 * @throws {Error} `Error: No such container: NAME`
 */
export function inspectContainer({ api }: Session, name: string): Promise<ContainerJson> {
  return askFor("container", name, () => api.get(`/containers/${encodeURIComponent(name)}/json`));
}
