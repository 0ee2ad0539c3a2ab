/** How a container ends. */
import type { ContainerWaitResponse, WaitCondition } from "../../engine-api/container.ts";
import { readJson } from "../api-client.ts";
import { ExitStatus, REFUSED } from "../exit-status.ts";
import type { Session } from "../session.ts";

/**
 * Waits from now on. The daemon says at once that it has understood: started before that, a container could end unseen.
 *
 * @returns Its exit status, later; what the daemon says instead, if it has none.
 */
export async function beginWait(
  { api }: Session,
  id: string,
  condition: WaitCondition | undefined,
): Promise<{ readonly status: Promise<number> }> {
  const message = await api.open("POST", `/containers/${id}/wait`, { query: { condition } });
  const status = readJson<ContainerWaitResponse>(message).then(({ Error: error, StatusCode }) => {
    if (!error) return StatusCode;
    throw new ExitStatus(REFUSED, `Error waiting for container: ${error.Message}`);
  });
  status.catch(() => {}); // whoever wants it, awaits it
  return { status };
}
