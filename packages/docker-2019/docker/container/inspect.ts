import type { ContainerJson } from "../../engine-api/container.ts";
import { DaemonError } from "../api-client.ts";
import type { Session } from "../session.ts";

/**
 * All that the daemon knows of a container.
 *
 * @param name - Or an ID, or the beginning of one.
 * @throws {Error} `Error: No such container: NAME`, as `inspect` says it.
 */
export async function inspectContainer({ api }: Session, name: string): Promise<ContainerJson> {
  try {
    return await api.get<ContainerJson>(`/containers/${encodeURIComponent(name)}/json`);
  } catch (error) {
    if (!(error instanceof DaemonError) || error.status !== 404) throw error;
    throw new Error(`Error: No such container: ${name}`, { cause: error });
  }
}
