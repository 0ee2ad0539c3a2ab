/**
 * Starting a container, as the article tells it: the spec is made, containerd is called to create the container by it, and then to start it.
 *
 * What fails is undone, and the container is left stopped, with the reason in its state.
 */
import { chownSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { Conflict, NotModified, Unknown } from "@eras/oci-spec/errdefs.ts";
import { keepRun } from "@eras/trace/context.ts";
import { findInit } from "../../docker-init/find.ts";
import { step } from "../../step.ts";
import { containerOf } from "../config/modes.ts";
import type { Container } from "../container/container.ts";
import { ProcessStreams } from "../libcontainerd/fifos.ts";
import { log } from "../log.ts";
import { openLog } from "../logger/open-log.ts";
import { etcFilesOf } from "../network/etc-files.ts";
import { wantsInit } from "../spec/process.ts";
import { tellAttached, tellDetached } from "./attachment-events.ts";
import { containerSpec } from "./container-spec.ts";
import type { Daemon } from "./daemon.ts";
import { removeContainer } from "./delete.ts";
import { watchHealth } from "./health.ts";
import { linkedContainers, tellParents } from "./links.ts";
import { mountAll, unmountAll } from "./mounts.ts";
import { startError, startExitCode } from "./start-error.ts";

/**
 * @param restarts - How often its policy has started it again so far; who starts it by hand begins anew.
 * @throws {NotModified} When it runs; {Conflict} when it is being removed; {InvalidArgument} when its program can't be started.
 */
export async function startContainer(daemon: Daemon, container: Container, restarts = 0): Promise<void> {
  step("dockerd.start-container", { id: container.id });
  const failure = await container.lock.hold(() => start(daemon, container, restarts));
  if (failure === undefined) return;
  if (container.hostConfig.AutoRemove && !container.record.State.RemovalInProgress)
    await removeContainer(daemon, container, { force: true, volumes: true });
  throw failure;
}

/** @returns Why it could not be started. @throws {NotModified | Conflict} When it is not to be. */
async function start(daemon: Daemon, container: Container, restarts: number): Promise<Error | undefined> {
  if (container.state.isPaused) throw new Conflict("cannot start a paused container, try unpause instead");
  if (container.state.isRunning && !container.state.isRestarting) throw new NotModified("container already running");
  if (container.record.State.RemovalInProgress || container.record.State.Dead)
    throw new Conflict("container is marked for removal and cannot be started");
  daemon.restarts.get(container.id)?.abort();
  container.record.HasBeenManuallyStopped = false;
  container.record.RestartCount = restarts;
  container.isToldToEnd = false;
  container.inRunOfStart = keepRun("end of the container");
  try {
    await run(daemon, container);
  } catch (error) {
    return failed(container, error as Error);
  }
  daemon.publish("start", container);
  watchHealth(daemon, container);
  return undefined;
}

async function run(daemon: Daemon, container: Container): Promise<void> {
  const { id, config } = container;
  const rootfs = daemon.images.rwLayers.mount(id);
  try {
    mountAll(daemon, container);
    const networkPath = await connect(daemon, container);
    const { SandboxID, SandboxKey } = daemon.networks.settings(container);
    container.record.LastSandbox = { SandboxID, SandboxKey };
    tellAttached(daemon, container);
    const initPath = await initOf(daemon, container);
    const spec = containerSpec(daemon, container, { rootfs, networkPath, initPath });
    const runtime = daemon.runtimeOf(container);
    const streams = ProcessStreams.make(daemon.fifoDir(id), "init", {
      stdin: config.OpenStdin ?? false,
      terminal: config.Tty ?? false,
    });
    try {
      startLog(container);
      await daemon.containerd.create(id, spec, runtime, daemon.fifoDir(id));
      const pid = await daemon.containerd.createTask(id, streams.paths, runtime);
      daemon.networks.furnish(id, pid);
      streams.shimHasOpened();
      container.streams.connect(streams); // not sooner: a runtime that fails tells that on the container's stderr, too
      container.state.setRunning(pid); // before it runs: its end may come before the answer
      container.record.HasBeenStartedBefore = true;
      await daemon.containerd.start(id);
      container.streams.setStarted();
      container.save();
    } catch (error) {
      await daemon.containerd.end(id).catch(() => {}); // the next start tries that again
      await container.streams.close(0);
      streams.destroy();
      throw error;
    }
  } catch (error) {
    if (daemon.networks.settings(container).SandboxID !== "") tellDetached(daemon, container);
    await daemon.networks.disconnect(id);
    unmountAll(daemon, container);
    daemon.images.rwLayers.unmount(id);
    throw error;
  }
}

/** @returns Of a namespace that is there; undefined when the runtime makes one. */
async function connect(daemon: Daemon, container: Container): Promise<string | undefined> {
  const { id, name, dir, config, hostConfig } = container;
  const mode = hostConfig.NetworkMode ?? "default";
  const other = containerOf(mode);
  if (other !== undefined) {
    const pid = shareFiles(daemon, container, other);
    giveFiles(daemon, container);
    return `/proc/${pid}/ns/net`;
  }
  const links = linkedContainers(daemon, container);
  const remapped = daemon.rootOf(container) !== undefined;
  const { netnsPath } = await daemon.networks.connect({ id, name, dir, config, hostConfig, links, remapped });
  giveFiles(daemon, container);
  tellParents(daemon, container);
  return netnsPath;
}

/** Who has another's network has its names too. @returns The other one's PID. */
function shareFiles(daemon: Daemon, { id, dir }: Container, name: string): number {
  const other = daemon.containers.get(name);
  if (other.id === id) throw new Unknown("cannot join own network");
  if (!other.state.isRunning) throw new Conflict(`cannot join network of a non running container: ${other.id}`);
  for (const file of ["hostname", "hosts", "resolv.conf"]) copyFileSync(join(other.dir, file), join(dir, file));
  return other.state.record.Pid;
}

/** What the daemon has written for it, the container's root may change. */
function giveFiles(daemon: Daemon, container: Container): void {
  const root = daemon.rootOf(container);
  if (!root) return;
  for (const path of Object.values(etcFilesOf(container.dir))) chownSync(path, root.uid, root.gid);
}

async function initOf({ options }: Daemon, { hostConfig }: Container): Promise<string | undefined> {
  if (!wantsInit({ hostConfig, daemon: options })) return undefined;
  const { dataRoot, initPath } = options;
  return findInit({ dataRoot, initPath, tell: (line) => log("info", line) });
}

/** Every line is logged before any client hears of it. */
function startLog(container: Container): void {
  step("dockerd.start-log", { path: container.logPath });
  const opened = openLog(container);
  if (opened) container.streams.add(opened);
}

/** Notes why. */
function failed(container: Container, error: Error): Error {
  container.state.setFailed(startExitCode(error.message), error.message);
  container.save();
  return startError(error);
}
