/** The end of the daemon. With live restore the containers run on; else they are stopped first. */
import type { Daemon } from "./daemon.ts";
import { stopContainer } from "./stop.ts";

export async function shutdown(daemon: Daemon): Promise<void> {
  daemon.isShuttingDown = true;
  for (const waiting of daemon.restarts.values()) waiting.abort();
  const running = daemon.containers.list().filter(({ state }) => state.isRunning);
  if (daemon.options.liveRestore) return;
  await Promise.allSettled(
    running.map(async (container) => {
      const exits = container.state.wait("next-exit");
      const { HasBeenManuallyStopped } = container.record;
      await stopContainer(daemon, container);
      await exits;
      container.record.HasBeenManuallyStopped = HasBeenManuallyStopped; // its policy is for the next daemon
      container.save();
    }),
  );
}
