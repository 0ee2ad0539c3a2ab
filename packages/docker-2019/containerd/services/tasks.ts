/** The tasks service: what runs. Almost all of it is the shim's to do; events about tasks come from there too. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { type Call, leaseOf, namespaceOf } from "../../proto/call.ts";
import type { StateResponse } from "../../proto/gen/shim_pb.ts";
import { type CreateTaskRequest, Tasks } from "../../proto/gen/tasks_pb.ts";
import type { Descriptor } from "../../proto/gen/types_pb.ts";
import { type Handlers, type Implementation, implement } from "../../proto/grpc/server.ts";
import type { Init } from "../../proto/message.ts";
import { timestampOf, unixNano } from "../../proto/timestamps.ts";
import { step } from "../../step.ts";
import type { ContentStore } from "../content/content-store.ts";
import { parseFilters } from "../filters.ts";
import { validateIdentifier } from "../identifiers.ts";
import { log } from "../log.ts";
import type { Containers } from "../metadata/containers.ts";
import type { MetadataContent } from "../metadata/content.ts";
import { checkpoint, unpackCheckpoint } from "../runtime/checkpoint.ts";
import { shimRuntime } from "../runtime/linux-runtime.ts";
import type { Task } from "../runtime/task.ts";
import type { TaskList, TaskRequest } from "../runtime/task-list.ts";
import { descriptorMessage, descriptorOf } from "./descriptor.ts";

export interface TaskModules {
  readonly tasks: TaskList;
  readonly containers: Containers;
  readonly content: MetadataContent;
  /** A directory for files that are soon over. */
  readonly temporary: string;
}

export function tasksService(modules: TaskModules): Implementation {
  return implement(Tasks, {
    ...taskHandlers(modules),
    ...processHandlers(modules),
    ...lookHandlers(modules),
  });
}

/** The task as a whole. */
function taskHandlers({ tasks, containers, content, temporary }: TaskModules): Handlers<typeof Tasks> {
  const find = finder({ tasks, containers });
  return {
    create: async (request, call) => {
      const { containerId } = request;
      const { pid } = await tasks.create(taskRequest(request, namespaceOf(call), { containers, content }));
      return { containerId, pid };
    },
    delete: async ({ containerId }, call) => {
      const { namespace, id } = await find(call, containerId);
      const { pid, exitStatus, exitedAt } = await tasks.delete(namespace, id);
      return { pid, exitStatus, exitedAt };
    },
    pause: async ({ containerId: id }, call) => (await find(call, id)).shim.pause({ id }),
    resume: async ({ containerId: id }, call) => (await find(call, id)).shim.resume({ id }),
    checkpoint: async ({ containerId: id, options }, call) => {
      const task = await find(call, id);
      const { spec } = containers.get(task.namespace, id);
      const store = content.in(task.namespace, { lease: leaseOf(call) });
      const descriptors = await checkpoint({ task, spec, options, store, temporary });
      return { descriptors: descriptors.map(descriptorMessage) };
    },
    update: async ({ containerId: id, resources, annotations }, call) =>
      (await find(call, id)).shim.update({ id, resources, annotations }),
  };
}

/** Looks up the container, and how it is to be run. */
function taskRequest(
  { containerId, rootfs, checkpoint, options, runtimePath, ...io }: CreateTaskRequest,
  namespace: string,
  { containers, content }: Pick<TaskModules, "containers" | "content">,
): TaskRequest {
  step("containerd.find-container", { namespace, id: containerId });
  const container = containers.get(namespace, containerId);
  const runtime = shimRuntime(container.runtime, options);
  return {
    namespace,
    id: containerId,
    spec: container.spec.value,
    runtime: runtimePath || runtime.name,
    options: runtime.options,
    rootfs,
    io: { stdin: io.stdin, stdout: io.stdout, stderr: io.stderr, terminal: io.terminal },
    unpackCheckpoint: checkpoint && ((dir) => unpackFrom(content.in(namespace), checkpoint, dir)),
  };
}

async function unpackFrom(store: ContentStore, message: Descriptor, dir: string): Promise<void> {
  const { mediaType, digest } = descriptorOf(message, "checkpoint");
  const blob = await store.reader(digest);
  try {
    await unpackCheckpoint(mediaType, blob, dir);
  } finally {
    await blob.close();
  }
}

/** One of its processes: the first, or, with an exec's id, a later one. */
function processHandlers(modules: FinderModules): Handlers<typeof Tasks> {
  const find = finder(modules);
  return {
    exec: async ({ containerId, execId, stdin, stdout, stderr, terminal, spec }, call) => {
      validateExecId(execId);
      await (await find(call, containerId)).exec(execId, { stdin, stdout, stderr, terminal }, spec);
      return {};
    },
    start: async ({ containerId: id, execId }, call) => {
      const task = await find(call, id);
      return { pid: execId === "" ? await task.start() : (await task.shim.start({ id, execId })).pid };
    },
    kill: async ({ containerId, execId, signal, all }, call) => {
      await (await find(call, containerId)).kill(signal, { execId, all });
      return {};
    },
    wait: async ({ containerId, execId }, call) => (await find(call, containerId)).wait(execId, call.signal),
    deleteProcess: async ({ containerId: id, execId }, call) => {
      const { pid, exitStatus, exitedAt } = await (await find(call, id)).shim.delete({ id, execId });
      return { id: execId, pid, exitStatus, exitedAt };
    },
    resizePty: async ({ containerId: id, execId, width, height }, call) =>
      (await find(call, id)).shim.resizePty({ id, execId, width, height }),
    closeIO: async ({ containerId: id, execId, stdin }, call) =>
      (await find(call, id)).shim.closeIO({ id, execId, stdin }),
  };
}

/** What is known of tasks, asked of their shims each time. */
function lookHandlers({ tasks, containers }: FinderModules): Handlers<typeof Tasks> {
  const find = finder({ tasks, containers });
  return {
    get: async ({ containerId, execId }, call) => ({
      process: processMessage(await (await find(call, containerId)).state(execId), execId),
    }),
    list: async (_, call) => {
      const states = await fromEach(tasks.list(namespaceOf(call)), (task) => task.glance());
      return { tasks: states.map((state) => processMessage(state, "")) };
    },
    listPids: async ({ containerId: id }, call) => {
      const { processes } = await (await find(call, id)).shim.pids({ id });
      return { processes };
    },
    metrics: async ({ filters }, call) => {
      const matches = parseFilters(filters);
      const wanted = tasks
        .list(namespaceOf(call))
        .filter(({ id, namespace }) =>
          matches(([field]) => (field === "id" ? id : field === "namespace" ? namespace : undefined)),
        );
      const metrics = await fromEach(wanted, async (task) => {
        const { stats: data } = await task.stats();
        return { id: task.id, timestamp: timestampOf(unixNano()), data };
      });
      return { metrics };
    },
  };
}

function validateExecId(execId: string): void {
  if (execId === "") throw new InvalidArgument("exec id cannot be empty");
  try {
    validateIdentifier(execId);
  } catch (cause) {
    throw new InvalidArgument(`invalid exec id ${execId}: ${(cause as Error).message}`, { cause });
  }
}

type FinderModules = Pick<TaskModules, "tasks" | "containers">;

/** Finds tasks. Where there is none, it may be that there isn't even a container. */
function finder({ tasks, containers }: FinderModules): (call: Call, id: string) => Promise<Task> {
  return (call, id) =>
    tasks.get(namespaceOf(call), id).catch((error) => {
      containers.get(namespaceOf(call), id);
      throw error;
    });
}

function processMessage(
  { id, pid, status, stdin, stdout, stderr, terminal, exitStatus, exitedAt }: Init<StateResponse>,
  execId: string,
) {
  return { id: execId || id, pid, status, stdin, stdout, stderr, terminal, exitStatus, exitedAt };
}

/** What each task answers; those that can't, such as one that ends meanwhile, are left out. */
async function fromEach<T>(tasks: readonly Task[], ask: (task: Task) => Promise<T>): Promise<T[]> {
  const answers = await Promise.allSettled(tasks.map(ask));
  return answers.flatMap((answer, i) => {
    if (answer.status === "fulfilled") return [answer.value];
    log("warning", `Cannot ask task ${tasks[i]!.id}`, { error: String(answer.reason) });
    return [];
  });
}
