/** Has the daemon start a container. */
import { step } from "../../step.ts";
import type { Session } from "../session.ts";

/** @param name - Or its id. @throws {DaemonError} With the runtime's words when it can't. */
export async function requestStart({ api }: Session, name: string): Promise<void> {
  step("docker.start-container", { name });
  await api.post(`/containers/${encodeURIComponent(name)}/start`);
}
