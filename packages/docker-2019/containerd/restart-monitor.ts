/**
 * Keeps tasks as labels of their containers want them. Nothing else in containerd starts a task by itself.
 *
 *     containerd.io/restart.status = running     one that has ended is started again, in a task of its own
 *     containerd.io/restart.status = stopped     one that runs is killed
 *     containerd.io/restart.logpath = /a/file    where the outputs of a task go that is started here: nowhere, without
 *     containerd.io/restart.loguri = file:///…   the same, as later versions have it
 *
 * A task that a client has made and not started is the client's.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/runtime/restart/restart.go
 */
import { setTimeout as delay } from "node:timers/promises";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { Status } from "../proto/gen/process_pb.ts";
import { log } from "./log.ts";
import type { Container, Containers } from "./metadata/containers.ts";
import type { Namespaces } from "./metadata/namespaces.ts";
import type { MetadataSnapshotter } from "./metadata/snapshots.ts";
import { shimRuntime } from "./runtime/linux-runtime.ts";
import type { Task } from "./runtime/task.ts";
import type { TaskList } from "./runtime/task-list.ts";

const STATUS_LABEL = "containerd.io/restart.status";
const LOG_PATH_LABEL = "containerd.io/restart.logpath";
const LOG_URI_LABEL = "containerd.io/restart.loguri";
const SIGKILL = 9;

/** What the monitor looks after. */
export interface Monitored {
  readonly namespaces: Namespaces;
  readonly containers: Containers;
  readonly snapshotters: readonly MetadataSnapshotter[];
  readonly tasks: TaskList;
}

/** Looks every so many milliseconds. @param signal - Ends it. */
export async function monitorRestarts(monitored: Monitored, intervalMs: number, signal: AbortSignal): Promise<void> {
  while (await delay(intervalMs, true, { signal, ref: false }).catch(() => false)) await restartOnce(monitored);
}

/** Makes every labelled container's task what its label says. What fails is logged, and tried again the next time. */
export async function restartOnce(monitored: Monitored): Promise<void> {
  for (const namespace of monitored.namespaces.list()) {
    for (const container of monitored.containers.list(namespace, [`labels.${JSON.stringify(STATUS_LABEL)}`]))
      await adjust(monitored, namespace, container).catch((error) =>
        log("error", `Cannot keep ${namespace}/${container.id} as its label says`, { error: String(error) }),
      );
  }
}

async function adjust(monitored: Monitored, namespace: string, container: Container): Promise<void> {
  const wanted = container.labels[STATUS_LABEL];
  const task = await monitored.tasks.get(namespace, container.id).catch(undefinedIfGone);
  const status = task && (await task.state()).status;
  if (wanted === "stopped" && task && status !== Status.STOPPED) await end(monitored, task);
  if (wanted !== "running" || status === Status.RUNNING || status === Status.CREATED) return;
  if (task) await end(monitored, task);
  await begin(monitored, namespace, container);
}

async function end({ tasks }: Monitored, task: Task): Promise<void> {
  const ended = task.wait("", new AbortController().signal);
  await task.kill(SIGKILL, { execId: "", all: true }).catch(undefinedIfGone);
  await ended;
  await tasks.delete(task.namespace, task.id);
}

async function begin({ tasks, snapshotters }: Monitored, namespace: string, container: Container): Promise<void> {
  const { id, spec, labels, snapshotter, snapshotKey } = container;
  const { name, options } = shimRuntime(container.runtime, undefined);
  const backend = snapshotters.find((one) => one.name === snapshotter);
  const mounts = snapshotKey === "" ? [] : await backend?.in(namespace).mounts(snapshotKey);
  if (!mounts) throw new NotFound(`snapshotter ${snapshotter}: not found`);
  const rootfs = mounts.map((mount) => ({ ...mount, options: [...mount.options] }));
  const output = labels[LOG_URI_LABEL] ?? (labels[LOG_PATH_LABEL] ? `file://${labels[LOG_PATH_LABEL]}` : "");
  const io = { stdin: "", stdout: output, stderr: output, terminal: false };
  const request = { namespace, id, spec: spec.value, runtime: name, options, rootfs, io, unpackCheckpoint: undefined };
  const task = await tasks.create(request);
  await task.start();
}

function undefinedIfGone(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}
