/** Hands the signals that docker gets on to the container, so that `kill` of one is `kill` of the other. */
import { constants } from "node:os";
import type { ApiClient } from "../api-client.ts";

/**
 * Not of interest to a container, or not to be had: its own children's, broken pipes, the window's size, of which its terminal tells it; what only
 * the kernel may do; and what says that docker itself has failed.
 */
const NOT_FORWARDED = new Set<string>(
  [
    "CHLD",
    "CLD",
    "PIPE",
    "URG",
    "WINCH",
    "KILL",
    "STOP",
    "SEGV",
    "BUS",
    "FPE",
    "ILL",
    "TRAP",
    "ABRT",
    "IOT",
    "PROF",
    "VTALRM",
  ].map((name) => `SIG${name}`),
);
/** Two names for one signal: the second would be a second request. */
const ALIASES = new Set(["SIGPOLL", "SIGUNUSED"]);

export function forwardSignals(api: ApiClient, id: string): void {
  for (const name of Object.keys(constants.signals) as NodeJS.Signals[]) {
    if (NOT_FORWARDED.has(name) || ALIASES.has(name)) continue;
    process.on(name, () => {
      const sent = api.post(`/containers/${id}/kill`, { query: { signal: name.slice("SIG".length) } });
      sent.catch(() => {}); // not started yet, or ended just now
    });
  }
}
