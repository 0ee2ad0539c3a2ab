/**
 * The tasks of all namespaces. They live in their shims; this list is made anew from the bundles on disk and the shims that answer whenever
 * containerd starts, so that containerd can be killed and replaced without a container noticing.
 *
 *     create ─▶ bundle ─▶ shim ─▶ listed ──────────────────────────────▶ delete
 *     start of containerd: bundle on disk, shim answers ─▶ listed
 *                          bundle on disk, no shim      ─▶ cleaned up; its exit is told with status 137
 *     a shim dies:                                      ─▶ the same
 *
 * A shim that is there and does not answer, because it was stopped or the machine is out of breath, keeps its container: who asks for that one
 * waits, and nobody else. (The original gives each shim five seconds, one after the other, and then ends its container.)
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  AlreadyExists,
  DeadlineExceeded,
  ERROR_CLASSES,
  errorKind,
  NotFound,
  Unknown,
} from "@eras/oci-spec/errdefs.ts";
import { packAny } from "../../proto/any.ts";
import { TaskDeleteSchema, TaskExitSchema } from "../../proto/gen/event-messages_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import type { DeleteResponse } from "../../proto/gen/shim_pb.ts";
import type { Mount } from "../../proto/gen/types_pb.ts";
import type { Init } from "../../proto/message.ts";
import { timestampOf, unixNano } from "../../proto/timestamps.ts";
import { connectTtrpc, socketPath } from "../../proto/ttrpc/client.ts";
import { step } from "../../step.ts";
import type { Exchange } from "../events/exchange.ts";
import { log } from "../log.ts";
import { Bundle, type BundlePaths, findBundles } from "./bundle.ts";
import { callShimDelete, findShim, type LauncherContext, launchShim, readLog } from "./shim-launcher.ts";
import { Task, type TaskEnd, type TaskIo } from "./task.ts";

/** For which a start waits until all is known: so long that only a shim in trouble takes longer. */
const RESTORE_PATIENCE_MS = 1_000;
/** For which whoever asks for a task waits until it is known. A shim that is just creating its container answers when that is done. */
const ANSWER_PATIENCE_MS = 15_000;
/** When not even the shim's `delete` can tell. */
const UNKNOWN_END: TaskEnd = { pid: 0, exitStatus: 255, exitedAt: undefined };

/** What a task is made of. */
export interface TaskRequest {
  readonly namespace: string;
  readonly id: string;
  /** The container's spec, as it was given. */
  readonly spec: Uint8Array;
  /** `io.containerd.runc.v2`, or the path of a shim. */
  readonly runtime: string;
  readonly options: Any | undefined;
  readonly rootfs: readonly Init<Mount>[];
  readonly io: TaskIo;
  /** Puts the images of a checkpoint into a directory, which it makes: then the task is restored, not begun. */
  readonly unpackCheckpoint: ((dir: string) => Promise<void>) | undefined;
}

export class TaskList {
  readonly #paths: BundlePaths;
  readonly #context: LauncherContext;
  readonly #exchange: Exchange;
  readonly #tasks = new Map<string, Task>();
  /** Names that are being created: the list is for those that are. */
  readonly #creating = new Set<string>();
  /** Names of an earlier containerd's, until it is known what has become of them. */
  readonly #restoring = new Map<string, Promise<void>>();

  constructor(paths: BundlePaths, context: LauncherContext, exchange: Exchange) {
    this.#paths = paths;
    this.#context = context;
    this.#exchange = exchange;
  }

  /** Finds the tasks that an earlier containerd has left; some of them later, if their shims are slow. Call once, before serving. */
  async restore(): Promise<void> {
    for (const bundle of findBundles(this.#paths)) this.#restoreBundle(bundle);
    await Promise.race([Promise.all(this.#restoring.values()), delay(RESTORE_PATIENCE_MS)]);
    for (const key of this.#restoring.keys()) log("warning", `Still waiting for the shim of ${key}`);
  }

  #restoreBundle(bundle: Bundle): void {
    const key = keyOf(bundle.namespace, bundle.id);
    const restored = this.#restoreTask(key, bundle)
      .catch((error) => log("error", `Cannot clean up ${key}`, { error: String(error) }))
      .finally(() => this.#restoring.delete(key));
    this.#restoring.set(key, restored);
  }

  async #restoreTask(key: string, bundle: Bundle): Promise<void> {
    const logIsOpen = readLog(bundle);
    try {
      const task = await this.#connect(bundle, bundle.address ?? "");
      this.#tasks.set(key, task); // it is listed, whenever it will answer
      await checkContainer(task);
      this.#add(task);
    } catch (error) {
      this.#tasks.delete(key);
      log("warning", `Cannot find the shim of ${key}; cleaning up`, { error: String(error) });
      await this.#cleanUp(bundle);
    } finally {
      logIsOpen();
    }
  }

  /** @throws {AlreadyExists} When the container has a task. Nothing is left when it fails. */
  async create(request: TaskRequest): Promise<Task> {
    const { namespace, id } = request;
    const key = keyOf(namespace, id);
    await this.#restored(key);
    if (this.#tasks.has(key) || this.#creating.has(key)) throw new AlreadyExists(`task ${id}: already exists`);
    this.#creating.add(key);
    try {
      const task = await this.#createTask(request);
      this.#add(task);
      return task;
    } finally {
      this.#creating.delete(key);
    }
  }

  async #createTask(request: TaskRequest): Promise<Task> {
    step("containerd.create-task", { id: request.id, runtime: request.runtime });
    const { namespace, id, spec, runtime, options, rootfs, io, unpackCheckpoint } = request;
    const shim = findShim(runtime);
    const bundle = Bundle.create(this.#paths, namespace, id, spec);
    const logIsOpen = readLog(bundle);
    try {
      const checkpoint = unpackCheckpoint ? bundle.checkpointDir : "";
      await unpackCheckpoint?.(checkpoint);
      const address = await launchShim(bundle, shim, this.#context, options);
      const task = await this.#connect(bundle, address).catch((cause: Error) => {
        throw new Unknown(`failed to start shim: start failed: ${cause.message}: unknown`, { cause });
      });
      const created = { id, bundle: bundle.path, rootfs: [...rootfs], ...io, checkpoint, ...(options && { options }) };
      try {
        task.pid = (await task.shim.create(created)).pid;
        return task;
      } catch (error) {
        await task.shutdown();
        throw withContext("failed to create shim task", error);
      }
    } catch (error) {
      await callShimDelete(bundle, shim, this.#context).catch(() => {}); // what it failed for is the error to tell
      bundle.delete();
      throw error;
    } finally {
      logIsOpen();
    }
  }

  async #connect(bundle: Bundle, address: string): Promise<Task> {
    return new Task(bundle, await connectTtrpc(socketPath(address)));
  }

  #add(task: Task): void {
    const key = keyOf(task.namespace, task.id);
    this.#tasks.set(key, task);
    void task.connection.closed.then(() => {
      if (this.#tasks.get(key) === task) void this.#lose(key, task);
    });
  }

  /** The shim is gone, and took its container with it or left it to nobody. */
  async #lose(key: string, task: Task): Promise<void> {
    this.#tasks.delete(key);
    log("warning", `The shim of ${task.namespace}/${task.id} is gone; cleaning up`);
    task.isGone(await this.#cleanUp(task.bundle));
  }

  /** @returns How the task ended. */
  async #cleanUp(bundle: Bundle): Promise<TaskEnd> {
    const { shimBinary } = bundle;
    const end = shimBinary === undefined ? UNKNOWN_END : await this.#deleteBy(bundle, shimBinary);
    bundle.delete();
    if (shimBinary !== undefined) this.#tellEnd(bundle, end); // else it never was a task
    return end;
  }

  async #deleteBy(bundle: Bundle, shimBinary: string): Promise<TaskEnd> {
    try {
      return await callShimDelete(bundle, shimBinary, this.#context);
    } catch (error) {
      log("error", `Cannot clean up ${bundle.namespace}/${bundle.id}`, { error: String(error) });
      return UNKNOWN_END;
    }
  }

  #tellEnd({ namespace, id: containerId }: Bundle, { pid, exitStatus, exitedAt }: TaskEnd): void {
    const end = { containerId, pid, exitStatus, exitedAt: exitedAt ?? timestampOf(unixNano()) };
    this.#exchange.publish(namespace, "/tasks/exit", packAny(TaskExitSchema, { ...end, id: containerId }));
    this.#exchange.publish(namespace, "/tasks/delete", packAny(TaskDeleteSchema, end));
  }

  /** @throws {NotFound} {DeadlineExceeded} */
  async get(namespace: string, id: string): Promise<Task> {
    const key = keyOf(namespace, id);
    await this.#restored(key);
    const task = this.#tasks.get(key);
    if (!task) throw new NotFound(`task ${id} not found: not found`);
    return task;
  }

  /** Waits until it is known what an earlier containerd has left of this name. @throws {DeadlineExceeded} */
  async #restored(key: string): Promise<void> {
    const restoring = this.#restoring.get(key);
    if (!restoring) return;
    const known = new AbortController();
    const late = delay(ANSWER_PATIENCE_MS, true, { signal: known.signal });
    const isLate = await Promise.race([restoring, late]);
    known.abort();
    if (isLate) throw new DeadlineExceeded(`the shim of ${key} does not answer: kill it to be rid of the task`);
  }

  /** The tasks of a namespace, or of all; also those whose shims are slow. */
  list(namespace?: string): Task[] {
    return [...this.#tasks.values()].filter((task) => namespace === undefined || task.namespace === namespace);
  }

  /**
   * Ends a task whose process has ended. What a shim that answers has deleted, its program need not delete once more.
   *
   * @throws {NotFound} Also when its shim has no such container any more; the task is gone then, all the same.
   */
  async delete(namespace: string, id: string): Promise<DeleteResponse> {
    step("containerd.delete-task", { namespace, id });
    const task = await this.get(namespace, id);
    const response = await task.shim.delete({ id, execId: "" }).catch(notFound);
    this.#tasks.delete(keyOf(namespace, id)); // so that the end of its shim is no surprise
    await task.shutdown();
    task.bundle.delete();
    task.isGone(response instanceof NotFound ? UNKNOWN_END : response);
    if (response instanceof NotFound) throw response;
    return response;
  }
}

/** For an answer that is one, too. */
function notFound(error: unknown): NotFound {
  if (error instanceof NotFound) return error;
  throw error;
}

/** Waits until a shim says that it has the task's container; one that is just creating it says so when that is done. @throws {NotFound} */
async function checkContainer(task: Task): Promise<void> {
  const { taskPid } = await task.shim.connect({ id: task.id });
  task.pid = taskPid;
  if (taskPid > 0) return;
  await task.shutdown();
  throw new NotFound("it has no container: its creation or its deletion was cut short");
}

/** The same error, of the same kind, and where it comes from. */
function withContext(context: string, error: unknown): Error {
  return new ERROR_CLASSES[errorKind(error)](`${context}: ${(error as Error).message}`, { cause: error });
}

function keyOf(namespace: string, id: string): string {
  return `${namespace}/${id}`;
}
