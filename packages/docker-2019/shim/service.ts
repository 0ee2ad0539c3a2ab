/** The task service: what containerd asks of a shim, by ttrpc. */
import { InvalidArgument, NotFound, Unknown } from "@eras/oci-spec/errdefs.ts";
import { traceSpan } from "@eras/trace/context.ts";
import { collectGarbageAndCode } from "../garbage.ts";
import { memoryReleaser } from "../idle.ts";
import { packAny } from "../proto/any.ts";
import * as events from "../proto/gen/event-messages_pb.ts";
import { ProcessDetailsSchema } from "../proto/gen/runc-options_pb.ts";
import { type CreateTaskRequest, type StateResponse, Task } from "../proto/gen/shim_pb.ts";
import type { Init } from "../proto/message.ts";
import { timestampOf } from "../proto/timestamps.ts";
import { implement, type TtrpcHandlers } from "../proto/ttrpc/server.ts";
import { step } from "../step.ts";
import { Container } from "./container.ts";
import { log } from "./log.ts";
import type { Publisher } from "./publisher.ts";
import { readCheckpointOptions, readOptions, runtimeOf } from "./runtime-options.ts";
import type { ShimProcess } from "./shim-process.ts";
import { STATUS } from "./task-state.ts";

/** There may be a hundred shims: what one's start has taken goes soon. */
const noteActivity = memoryReleaser(2_000, collectGarbageAndCode);

/** What the service needs of the shim around it. */
export interface Shim {
  readonly namespace: string;
  readonly publisher: Publisher;
  /** containerd is done with a container that we don't have. */
  forget(id: string): void;
  /** Ends the shim, if nobody will come any more. */
  shutdown(): void;
}

/** The service, with its containers: one, or those of a group. */
export class TaskService {
  readonly #shim: Shim;
  readonly #containers = new Map<string, Container>();
  /** Containers that are being made, even if the containerd that asked for it is gone. */
  readonly #creating = new Map<string, Promise<unknown>>();
  /** The same of those that are being removed. */
  readonly #deleting = new Map<string, Promise<unknown>>();
  readonly #stopOomWatch = new Map<string, () => void>();
  /** Signals whose senders wait to hear that they have been sent: what they have ended may be deleted sooner. */
  readonly #kills = new Set<Promise<void>>();

  constructor(shim: Shim) {
    this.#shim = shim;
  }

  implementation() {
    return implement(Task, this.#handlers());
  }

  #handlers(): TtrpcHandlers<typeof Task> {
    return {
      create: (request) => this.#create(request),
      start: ({ id, execId }) => this.#start(id, execId),
      state: ({ id, execId }) => this.#state(id, execId),
      delete: ({ id, execId }) => this.#delete(id, execId),
      exec: async ({ id, execId, terminal, stdin, stdout, stderr, spec }) => {
        this.#container(id).addExec(execId, { terminal, stdin, stdout, stderr }, spec);
        this.#publish("/tasks/exec-added", events.TaskExecAddedSchema, { containerId: id, execId });
        return {};
      },
      kill: async ({ id, execId, signal, all }) => {
        const sent = this.#container(id).kill(execId, signal, all);
        this.#kills.add(sent);
        await sent.finally(() => this.#kills.delete(sent));
        return {};
      },
      wait: async ({ id, execId }) => {
        const { status, at } = await this.#container(id).process(execId).ended;
        return { exitStatus: status, exitedAt: timestampOf(at) };
      },
      pids: ({ id }) => this.#pids(id),
      pause: async ({ id }) => {
        await this.#container(id).pause();
        this.#publish("/tasks/paused", events.TaskPausedSchema, { containerId: id });
        return {};
      },
      resume: async ({ id }) => {
        await this.#container(id).resume();
        this.#publish("/tasks/resumed", events.TaskResumedSchema, { containerId: id });
        return {};
      },
      resizePty: ({ id, execId, width, height }) => {
        this.#container(id).process(execId).resize(width, height);
        return {};
      },
      closeIO: ({ id, execId, stdin }) => {
        if (stdin) this.#container(id).process(execId).closeStdin();
        return {};
      },
      update: async ({ id, resources }) => {
        if (!resources) throw new InvalidArgument("Cannot update a task without resources: invalid argument");
        await this.#container(id).update(resources.value);
        return {};
      },
      stats: async ({ id }) => {
        const { cgroupPaths } = this.#container(id);
        const { cgroupMetrics } = await import("./metrics.ts");
        return { stats: cgroupMetrics(cgroupPaths) };
      },
      checkpoint: async ({ id, path, options }) => {
        await this.#container(id).checkpoint(path, readCheckpointOptions(options));
        this.#publish("/tasks/checkpointed", events.TaskCheckpointedSchema, { containerId: id, checkpoint: path });
        return {};
      },
      connect: async ({ id }) => {
        await this.#creating.get(id)?.catch(() => {}); // who comes in the middle is told what came of it
        await this.#deleting.get(id)?.catch(() => {});
        return { shimPid: process.pid, taskPid: this.#containers.get(id)?.init.pid ?? 0 };
      },
      shutdown: ({ id }) => {
        if (!this.#has(id)) this.#shim.forget(id);
        if (this.isEmpty) void this.#shutdown();
        return {};
      },
    };
  }

  async #shutdown(): Promise<void> {
    await Promise.allSettled(this.#kills);
    setImmediate(() => this.#shim.shutdown()); // when they have been answered, too
  }

  /** Whether there is no container to serve. */
  get isEmpty(): boolean {
    return this.#containers.size + this.#creating.size === 0;
  }

  #has(id: string): boolean {
    return this.#containers.has(id) || this.#creating.has(id);
  }

  /** A second one of the same name must not fail as late as in the runtime: what it had made would be removed. */
  async #create(request: CreateTaskRequest) {
    const { id } = request;
    if (this.#has(id)) throw new Unknown(`container ${id}: already exists`);
    const creating = this.#createContainer(request);
    this.#creating.set(id, creating);
    return await creating.finally(() => this.#creating.delete(id));
  }

  async #createContainer(request: CreateTaskRequest) {
    const { id, bundle, rootfs, terminal, stdin, stdout, stderr, checkpoint } = request;
    const options = readOptions(request.options);
    const runtime = runtimeOf(options, this.#shim.namespace, bundle);
    const io = { terminal, stdin, stdout, stderr };
    if (options.shimCgroup !== "") (await import("./own-cgroup.ts")).joinCgroup(options.shimCgroup);
    const container = await Container.create(
      { id, bundle, rootfs, io, checkpoint },
      runtime,
      options,
      this.#shim.namespace,
    );
    this.#containers.set(id, container);
    const { pid } = container.init;
    if (pid > 0) await this.#watchMemory(container); // before the program runs: it may not live long
    this.#publish("/tasks/create", events.TaskCreateSchema, { containerId: id, bundle, rootfs, io, checkpoint, pid });
    void traceSpan("watch", () => container.init.ended.then(() => this.#exited(container, id, container.init)));
    return { pid };
  }

  async #start(id: string, execId: string) {
    const container = this.#container(id);
    const process = container.process(execId);
    await process.start(async () => {
      await container.start(execId);
      this.#started(container, execId, process);
    });
    if (execId !== "")
      void traceSpan("watch", () => process.ended.then(() => this.#exited(container, execId, process)));
    else if (!this.#stopOomWatch.has(id)) await this.#watchMemory(container); // it comes from a checkpoint
    return { pid: process.pid };
  }

  #started({ id: containerId }: Container, execId: string, { pid }: ShimProcess): void {
    if (execId === "") this.#publish("/tasks/start", events.TaskStartSchema, { containerId, pid });
    else this.#publish("/tasks/exec-started", events.TaskExecStartedSchema, { containerId, execId, pid });
  }

  /** A container may be without a memory controller; then nobody hears. */
  async #watchMemory({ id, cgroupPaths }: Container): Promise<void> {
    const { onOutOfMemory } = await import("@eras/cgroups/out-of-memory.ts");
    try {
      const killed = () => this.#publish("/tasks/oom", events.TaskOOMSchema, { containerId: id });
      this.#stopOomWatch.set(id, onOutOfMemory(cgroupPaths, { killed, ended: () => {} }));
    } catch (error) {
      log(`Cannot watch the memory of ${id}: ${(error as Error).message}`);
    }
  }

  #exited(container: Container, id: string, { pid, exit }: ShimProcess): void {
    step("shim.report-exit", { id, pid, status: exit!.status });
    const { status: exitStatus, at } = exit!; // it has ended
    const exitedAt = timestampOf(at);
    this.#publish("/tasks/exit", events.TaskExitSchema, { containerId: container.id, id, pid, exitStatus, exitedAt });
  }

  #state(id: string, execId: string): Init<StateResponse> {
    const container = this.#container(id);
    const { pid, io, exit, state } = container.process(execId);
    return {
      id: execId || id,
      bundle: container.bundle,
      pid,
      status: STATUS[state],
      ...io,
      exitStatus: exit?.status ?? 0,
      exitedAt: timestampOf(exit?.at),
    };
  }

  async #delete(id: string, execId: string) {
    const container = this.#container(id);
    const { pid, exit } = container.process(execId);
    if (execId !== "") await container.deleteExec(execId);
    else {
      const deleting = this.#deleteContainer(container);
      this.#deleting.set(id, deleting);
      await deleting.finally(() => this.#deleting.delete(id));
    }
    return { pid, exitStatus: exit?.status ?? 0, exitedAt: timestampOf(exit?.at) };
  }

  async #deleteContainer(container: Container): Promise<void> {
    const { id, init } = container;
    await container.delete();
    this.#stopOomWatch.get(id)?.();
    this.#stopOomWatch.delete(id);
    this.#containers.delete(id);
    const { status: exitStatus, at } = init.exit ?? { status: 0, at: undefined };
    this.#publish("/tasks/delete", events.TaskDeleteSchema, {
      containerId: id,
      pid: init.pid,
      exitStatus,
      exitedAt: timestampOf(at),
    });
  }

  async #pids(id: string) {
    const container = this.#container(id);
    const execIds = new Map([...container.execs].map(([execId, { pid }]) => [pid, execId]));
    const details = (pid: number) => {
      const execId = execIds.get(pid);
      return execId === undefined ? {} : { info: packAny(ProcessDetailsSchema, { execId }) };
    };
    return { processes: (await container.pids()).map((pid) => ({ pid, ...details(pid) })) };
  }

  #container(id: string): Container {
    const container = this.#containers.get(id);
    if (!container) throw new NotFound("container not created: not found");
    return container;
  }

  #publish: Publisher["publish"] = (topic, schema, event) => {
    noteActivity();
    this.#shim.publisher.publish(topic, schema, event);
  };
}
