/** Memory, given back when no request has come for a while. */
import type { Server } from "node:http";
import { collectGarbage } from "../garbage.ts";
import { memoryReleaser } from "../idle.ts";

const IDLE_MS = 10_000;

/** @param servers - Whose requests are activity. */
export function releaseWhenIdle(servers: readonly Server[]): void {
  const noteActivity = memoryReleaser(IDLE_MS, collectGarbage);
  noteActivity(); // the start was much of it
  for (const server of servers) for (const event of ["request", "upgrade"]) server.on(event, noteActivity);
}
