/** A task: the running side of a container, as containerd knows it. What it does is its shim's doing. */
import { DeadlineExceeded, Unavailable } from "@eras/oci-spec/errdefs.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { Status } from "../../proto/gen/process_pb.ts";
import type { DeleteResponse, StateResponse, StatsResponse } from "../../proto/gen/shim_pb.ts";
import { Task as TaskApi } from "../../proto/gen/shim_pb.ts";
import type { Init } from "../../proto/message.ts";
import { type TtrpcClient, type TtrpcConnection, ttrpcClient } from "../../proto/ttrpc/client.ts";
import { step } from "../../step.ts";
import type { Bundle } from "./bundle.ts";

const SHUTDOWN_TIMEOUT_MS = 3_000;
/** For whoever asks all shims: one that has not answered by then is passed over. */
const LOOK_TIMEOUT_MS = 2_000;

/** Standard streams of a process: FIFOs or URIs of the client. */
export interface TaskIo {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

/** How a process ended. */
export type TaskEnd = Pick<DeleteResponse, "pid" | "exitStatus" | "exitedAt">;

export class Task {
  readonly bundle: Bundle;
  readonly connection: TtrpcConnection;
  /** The shim's own service. Calls about an exec carry its id. */
  readonly shim: TtrpcClient<typeof TaskApi>;
  /** Of the first process. */
  pid = 0;
  readonly #gone = Promise.withResolvers<TaskEnd>();
  /** Signals whose senders wait to hear that they have been sent. */
  readonly #kills = new Set<Promise<unknown>>();

  constructor(bundle: Bundle, connection: TtrpcConnection) {
    this.bundle = bundle;
    this.connection = connection;
    this.shim = ttrpcClient(TaskApi, connection);
  }

  get id(): string {
    return this.bundle.id;
  }

  get namespace(): string {
    return this.bundle.namespace;
  }

  /** What has become of a process. @throws {NotFound} When there is none of that name. */
  state(execId = ""): Promise<StateResponse> {
    return this.shim.state({ id: this.id, execId });
  }

  /** The same of the first process, for a list: of a shim that doesn't answer, that nothing is known. */
  async glance(): Promise<Init<StateResponse>> {
    try {
      return await this.shim.state({ id: this.id, execId: "" }, { timeoutMs: LOOK_TIMEOUT_MS });
    } catch (error) {
      if (error instanceof DeadlineExceeded) return { id: this.id, status: Status.UNKNOWN };
      throw error;
    }
  }

  /** What its cgroup counts, if its shim tells soon. @throws {DeadlineExceeded} */
  stats(): Promise<StatsResponse> {
    return this.shim.stats({ id: this.id }, { timeoutMs: LOOK_TIMEOUT_MS });
  }

  /** Starts the first process's program. @returns Its PID. */
  async start(): Promise<number> {
    step("containerd.start-task", { namespace: this.namespace, id: this.id });
    this.pid = (await this.shim.start({ id: this.id, execId: "" })).pid;
    return this.pid;
  }

  /** @param spec - A Process as JSON in an Any. */
  async exec(execId: string, io: TaskIo, spec: Any | undefined): Promise<void> {
    await this.shim.exec({ id: this.id, execId, ...io, ...(spec && { spec }) });
  }

  /** Has the runtime write what the task is into a directory. @param options - Of the runtime. */
  async checkpoint(path: string, options: Any | undefined): Promise<void> {
    await this.shim.checkpoint({ id: this.id, path, ...(options && { options }) });
  }

  /** @param all - The signal is for every process of the container. */
  async kill(signal: number, { execId, all }: { readonly execId: string; readonly all: boolean }): Promise<void> {
    const sent = this.shim.kill({ id: this.id, execId, signal, all });
    this.#kills.add(sent);
    await sent.finally(() => this.#kills.delete(sent));
  }

  /** Waits for the end of a process, be it that of its shim, which takes all processes with it. */
  async wait(execId: string, signal: AbortSignal): Promise<Pick<TaskEnd, "exitStatus" | "exitedAt">> {
    try {
      return await this.shim.wait({ id: this.id, execId }, { signal });
    } catch (error) {
      if (error instanceof Unavailable) return this.#gone.promise;
      throw error;
    }
  }

  /** To be told when there is no task any more: how it ended. */
  isGone(end: TaskEnd): void {
    this.#gone.resolve(end);
  }

  /** Ends the shim, unless it has other containers. It may be gone before it has answered. */
  async shutdown(): Promise<void> {
    await Promise.allSettled(this.#kills); // the task may have been deleted sooner than its killer was answered
    await this.shim.shutdown({ id: this.id }, { timeoutMs: SHUTDOWN_TIMEOUT_MS }).catch(() => {});
    this.connection.close();
  }
}
