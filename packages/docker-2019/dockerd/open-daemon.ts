/** The daemon, put together: its stores are opened, containerd is listened to, and the containers of an earlier daemon are taken over. */
import { resolve } from "node:path";
import type { Event } from "../engine-api/event.ts";
import { Daemon } from "./daemon/daemon.ts";
import { Events } from "./daemon/events.ts";
import { containerExited, execExited } from "./daemon/exit.ts";
import { forgetExecs, ROUND_MS } from "./daemon/forget-execs.ts";
import { lookAgain } from "./daemon/look-again.ts";
import { restoreContainers } from "./daemon/restore.ts";
import { shutdown } from "./daemon/shutdown.ts";
import { openGraphDriver } from "./graphdriver/open.ts";
import { openImages } from "./image/images.ts";
import { RemappedOwners } from "./layer/remapped-owners.ts";
import { Containerd } from "./libcontainerd/containerd.ts";
import { listenToTasks, type TaskListener } from "./libcontainerd/events.ts";
import { log } from "./log.ts";
import { cutInto } from "./network/ipam.ts";
import { Networks } from "./network/networks.ts";
import type { NetworksOptions } from "./network/options.ts";
import type { DaemonOptions } from "./options/daemon-options.ts";
import { prepareRuntimes } from "./options/runtimes.ts";
import { VolumeStore } from "./volume/volume-store.ts";

const PROXY = resolve(import.meta.dirname, "../../../bin/docker-proxy-2019");

/** @param address - Of containerd's socket. */
export async function openDaemon(
  options: DaemonOptions,
  address: string,
): Promise<Daemon & { shutdown(): Promise<void> }> {
  const { dataRoot, storageDriver, remap } = options;
  prepareRuntimes(options);
  const events = new Events();
  const tellOf = (type: Event["Type"]) => (action: string, id: string, attributes: Readonly<Record<string, string>>) =>
    events.publish(type, action, id, attributes);
  const owners = remap && new RemappedOwners(remap, dataRoot);
  const driver = openGraphDriver(dataRoot, storageDriver, options.storageOptions);
  const images = await openImages(dataRoot, driver, tellOf("image"), owners);
  images.downloads.allow(options.maxConcurrentDownloads);
  log("debug", `Max Concurrent Downloads: ${options.maxConcurrentDownloads}`);
  log("debug", `Max Concurrent Uploads: ${options.maxConcurrentUploads}`);
  const containerd = new Containerd(address, options.containerdNamespace);
  const networks = await Networks.open(networksOptions(options), await liveContainers(containerd));
  const volumes = await VolumeStore.open({ dataRoot }, remap?.root, tellOf("volume"));
  const daemon: Daemon = new Daemon(options, { containerd, images, networks, volumes, events });
  const listening = new AbortController();
  await listenToTasks(containerd, listenerOf(daemon), listening.signal);
  await restoreContainers(daemon, (message) => log("warning", message));
  setInterval(forgetExecs, ROUND_MS, daemon.execs).unref();
  return Object.assign(daemon, {
    shutdown: async () => {
      await shutdown(daemon);
      await networks.close();
      listening.abort();
      containerd.close();
    },
  });
}

function networksOptions(options: DaemonOptions): NetworksOptions {
  const { dataRoot, execRoot, bip, fixedCidr, defaultAddressPools, mtu, icc, userlandProxy, userlandProxyPath } =
    options;
  const { dns, dnsSearch, dnsOptions } = options;
  const pools = defaultAddressPools.flatMap(({ Base, Size }) => cutInto(Base, Size));
  return {
    dataRoot,
    execRoot,
    device: options.bridge,
    bridgeAddress: bip,
    ...(pools.length > 0 && { pools }),
    defaultGateway: options.defaultGateway,
    fixedCidr,
    mtu,
    icc,
    masquerade: options.ipMasq,
    bindAddress: options.ip,
    proxyProgram: userlandProxy ? userlandProxyPath || PROXY : undefined,
    iptables: options.iptables,
    forward: options.ipForward,
    resolv: { dns, dnsSearch, dnsOptions },
    hostGateway: options.hostGatewayIp,
    warn: (text) => log("warning", text),
  };
}

/** Which containers have a task now, whatever their records say. */
async function liveContainers(containerd: Containerd): Promise<(id: string) => boolean> {
  const ids = new Set(await containerd.taskIds());
  return (id) => ids.has(id);
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
    reconnected: () => void lookAgain(daemon).catch(({ message }: Error) => log("warning", message)), // it is away again
  };
}
