/** The end of the daemon. With live restore the containers run on; else they are stopped first. */
import type { Container } from "../container/container.ts";
import { log } from "../log.ts";
import { happensWithin } from "../long-delay.ts";
import type { Daemon } from "./daemon.ts";
import { DEFAULT_TIMEOUT_S, stopContainer } from "./stop.ts";

/** Seconds beyond what a container may take to end. */
const MORE_S = 5;

export async function shutdown(daemon: Daemon): Promise<void> {
  daemon.isShuttingDown = true;
  for (const waiting of daemon.restarts.values()) waiting.abort();
  const running = daemon.containers.list().filter(({ state }) => state.isRunning);
  if (daemon.options.liveRestore) return;
  const stopped = Promise.allSettled(
    running.map(async (container) => {
      const exits = container.state.wait("next-exit");
      const { HasBeenManuallyStopped } = container.record;
      await stopContainer(daemon, container);
      await exits;
      container.record.HasBeenManuallyStopped = HasBeenManuallyStopped; // its policy is for the next daemon
      container.save();
    }),
  );
  const { shutdownTimeout } = daemon.options;
  log("debug", `daemon configured with a ${shutdownTimeout} seconds minimum shutdown timeout`);
  const seconds = patience(shutdownTimeout, running);
  if (!(await happensWithin(seconds * 1000, stopped)))
    log("warning", `containers have not ended within ${seconds} seconds: the daemon ends without them`);
}

/** Seconds: as long as the container that may take longest, and a little more. */
function patience(shutdownTimeoutS: number, running: readonly Container[]): number {
  const timeouts = running.map(({ config }) => config.StopTimeout ?? DEFAULT_TIMEOUT_S);
  if (shutdownTimeoutS < 0 || timeouts.some((seconds) => seconds < 0)) return Number.POSITIVE_INFINITY;
  return Math.max(shutdownTimeoutS, ...timeouts.map((seconds) => seconds + MORE_S));
}
