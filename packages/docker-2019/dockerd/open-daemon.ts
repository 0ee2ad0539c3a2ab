/** The daemon, put together: its stores are opened, containerd is listened to, and the containers of an earlier daemon are taken over. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { DockerdFlags } from "./command-line.ts";
import { Daemon } from "./daemon/daemon.ts";
import { Events } from "./daemon/events.ts";
import { containerExited, execExited } from "./daemon/exit.ts";
import { restoreContainers } from "./daemon/restore.ts";
import { shutdown } from "./daemon/shutdown.ts";
import { openGraphDriver } from "./graphdriver/open.ts";
import { openImages } from "./image/images.ts";
import { Containerd } from "./libcontainerd/containerd.ts";
import { listenToTasks, type TaskListener } from "./libcontainerd/events.ts";
import { log } from "./log.ts";
import { Networks } from "./network/networks.ts";
import { VolumeStore } from "./volume/volume-store.ts";

const PROXY = resolve(import.meta.dirname, "../../../bin/docker-proxy-2019");

/** @param address - Of containerd's socket. @throws {InvalidArgument} When a runtime is not there. */
export async function openDaemon(
  flags: DockerdFlags,
  address: string,
): Promise<Daemon & { shutdown(): Promise<void> }> {
  const { dataRoot, execRoot, addRuntime: runtimes, defaultRuntime, cgroupParent, containerdShim: shim } = flags;
  checkRuntimes(runtimes, defaultRuntime);
  const events = new Events();
  const tell = (action: string, id: string, attributes: Readonly<Record<string, string>>) =>
    events.publish("image", action, id, attributes);
  const images = await openImages(dataRoot, openGraphDriver(dataRoot, flags.storageDriver), tell);
  const options = {
    dataRoot,
    execRoot,
    runtimes,
    defaultRuntime,
    cgroupParent,
    shim,
    liveRestore: flags.liveRestore ?? false,
  };
  const containerd = new Containerd(address);
  const networks = await Networks.open(
    {
      dataRoot,
      execRoot,
      device: flags.bridge,
      proxyProgram: PROXY,
      iptables: flags.iptables,
      warn: (text) => log("warning", text),
    },
    await liveContainers(containerd),
  );
  const volumes = await VolumeStore.open({ dataRoot });
  const daemon: Daemon = new Daemon(options, { containerd, images, networks, volumes, events });
  const listening = new AbortController();
  await listenToTasks(containerd, listenerOf(daemon), listening.signal);
  await restoreContainers(daemon, (message) => log("warning", message));
  return Object.assign(daemon, {
    shutdown: async () => {
      await shutdown(daemon);
      await networks.close();
      listening.abort();
      containerd.close();
    },
  });
}

/** Which containers have a task now, whatever their records say. */
async function liveContainers(containerd: Containerd): Promise<(id: string) => boolean> {
  const ids = new Set(await containerd.taskIds());
  return (id) => ids.has(id);
}

function checkRuntimes(runtimes: Readonly<Record<string, string>>, defaultRuntime: string): void {
  if (!(defaultRuntime in runtimes))
    throw new InvalidArgument(`specified default runtime '${defaultRuntime}' does not exist`);
  for (const [name, path] of Object.entries(runtimes))
    if (path.startsWith("/") && !existsSync(path)) log("warning", `runtime ${name}: there is no ${path}`);
}

function listenerOf(daemon: Daemon): TaskListener {
  const running = (id: string) => daemon.containers.find(id);
  return {
    exited: (id, execId, exit) => {
      const container = running(id);
      if (execId !== "") void execExited(daemon, execId, exit);
      else if (container?.state.isRunning) void container.inRunOfStart(() => containerExited(daemon, container, exit));
    },
    outOfMemory: (id) => {
      const container = running(id);
      if (!container) return;
      container.record.State.OOMKilled = true;
      daemon.publish("oom", container);
    },
    reconnected: () => void lookAgain(daemon),
  };
}

/** containerd was away: what has ended meanwhile, nobody has told of. */
async function lookAgain(daemon: Daemon): Promise<void> {
  const STOPPED = 3;
  for (const container of daemon.containers.list().filter(({ state }) => state.isRunning && !state.isRestarting)) {
    const task = await daemon.containerd.task(container.id);
    if (task && task.status !== STOPPED) continue;
    const exit = { pid: container.record.State.Pid, status: task?.exitStatus ?? 255, at: new Date() };
    if (container.state.isRunning) await container.inRunOfStart(() => containerExited(daemon, container, exit));
  }
}
