/**
 * containerd, as dockerd uses it: a container there is a record that lives while ours runs, and a task with its processes. This folder is the
 * only one that talks to containerd.
 *
 *     start of a container   Leases/Create, Containers/Create, Leases/Delete, Tasks/Create, Tasks/Start
 *     its end                event /tasks/exit, Tasks/Delete, Containers/Delete
 */
import { signalNumber } from "@eras/linux/signals.ts";
import { AlreadyExists, NotFound, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Process, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import type { Client } from "@grpc/grpc-js";
import { packAny, packJson, SPEC_URL } from "../../proto/any.ts";
import { LEASE_KEY, NAMESPACE_KEY } from "../../proto/call.ts";
import { Containers } from "../../proto/gen/containers_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { Leases } from "../../proto/gen/leases_pb.ts";
import type { Status } from "../../proto/gen/process_pb.ts";
import { OptionsSchema } from "../../proto/gen/runc-options_pb.ts";
import { Tasks } from "../../proto/gen/tasks_pb.ts";
import { Version } from "../../proto/gen/version_pb.ts";
import { connectGrpc, type GrpcClient, grpcClient } from "../../proto/grpc/client.ts";
import { step } from "../../step.ts";
import type { FifoPaths } from "./fifos.ts";

const BUNDLE_LABEL = "com.docker/engine.bundle.path";
const PROCESS_URL = "types.containerd.io/opencontainers/runtime-spec/1/Process";
const RESOURCES_URL = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";
/** How long a lease lasts if dockerd dies under it. */
const LEASE_LIFE_MS = 24 * 3_600_000;

/** How a container is run. */
export interface RuntimeChoice {
  /** containerd's name of the shim: `io.containerd.runc.v2`. */
  readonly shim: string;
  /** The OCI runtime's program. */
  readonly binary: string;
  /** Where it keeps its state. */
  readonly root: string;
}

export interface TaskState {
  readonly pid: number;
  readonly status: Status;
  readonly exitStatus: number;
}

export class Containerd {
  readonly address: string;
  readonly channel: Client;
  /** Where it keeps the containers of this dockerd apart from everybody else's. */
  readonly namespace: string;

  constructor(address: string, namespace: string) {
    this.address = address;
    this.channel = connectGrpc(address);
    this.namespace = namespace;
  }

  /** Of every call but `version`. */
  get headers(): Readonly<Record<string, string>> {
    return { [NAMESPACE_KEY]: this.namespace };
  }

  close(): void {
    this.channel.close();
  }

  async version(): Promise<{ readonly version: string; readonly revision: string }> {
    return grpcClient(Version, this.channel).version({});
  }

  /** Makes the record, under a lease until it is there. @param fifoDir - Told to whoever looks. */
  async create(id: string, spec: Spec, runtime: RuntimeChoice, fifoDir: string): Promise<void> {
    step("dockerd.call-create", { id, spec });
    const expires = new Date(Date.now() + LEASE_LIFE_MS).toISOString();
    const { lease } = await this.#leases().create({ labels: { "containerd.io/gc.expire": expires } });
    const containers = grpcClient(Containers, this.channel, { ...this.headers, [LEASE_KEY]: lease!.id });
    const container = {
      id,
      labels: { [BUNDLE_LABEL]: fifoDir },
      runtime: { name: runtime.shim, options: optionsOf(runtime) },
      spec: packJson(SPEC_URL, spec),
    };
    try {
      await containers.create({ container }).catch(async (error) => {
        if (!(error instanceof AlreadyExists)) throw error;
        await this.end(id); // what a daemon that was killed has left
        await containers.create({ container });
      });
    } finally {
      await this.#leases().delete({ id: lease!.id });
    }
  }

  /** Makes the task, whose program does not run yet. @returns The PID of its first process. */
  async createTask(id: string, io: FifoPaths, runtime: RuntimeChoice): Promise<number> {
    step("dockerd.create-task", { id, runtime: runtime.binary });
    const request = { containerId: id, ...io, rootfs: [], options: optionsOf(runtime) };
    return (await withClassName(this.#tasks().create(request))).pid;
  }

  /** @param execId - Empty for the container's own process. @returns Its PID. */
  async start(id: string, execId = ""): Promise<number> {
    step("dockerd.start-task", { id, ...(execId && { execId }) });
    return (await withClassName(this.#tasks().start({ containerId: id, execId }))).pid;
  }

  async exec(id: string, execId: string, process: Process, io: FifoPaths): Promise<void> {
    const request = { containerId: id, execId, ...io, spec: packJson(PROCESS_URL, process) };
    await withClassName(this.#tasks().exec(request));
  }

  async kill(id: string, signal: number, execId = ""): Promise<void> {
    await this.#tasks().kill({ containerId: id, execId, signal });
  }

  async pause(id: string): Promise<void> {
    await this.#tasks().pause({ containerId: id });
  }

  async resume(id: string): Promise<void> {
    await this.#tasks().resume({ containerId: id });
  }

  async update(id: string, resources: LinuxResources): Promise<void> {
    await this.#tasks().update({ containerId: id, resources: packJson(RESOURCES_URL, resources) });
  }

  async pids(id: string): Promise<number[]> {
    return (await this.#tasks().listPids({ containerId: id })).processes.map(({ pid }) => pid);
  }

  /** cgroup figures, packed as the shim gave them: containerd's Metrics of v1 or v2. */
  async metrics(id: string): Promise<Any | undefined> {
    const { metrics } = await this.#tasks().metrics({ filters: [`id==${id}`] });
    return metrics[0]?.data;
  }

  async resize(id: string, execId: string, { width, height }: { width: number; height: number }): Promise<void> {
    await this.#tasks().resizePty({ containerId: id, execId, width, height });
  }

  async closeStdin(id: string, execId = ""): Promise<void> {
    await this.#tasks().closeIO({ containerId: id, execId, stdin: true });
  }

  /** What has become of a task, or of a process that an exec has added; undefined if there is none. */
  async task(id: string, execId = ""): Promise<TaskState | undefined> {
    return orUndefined(async () => (await this.#tasks().get({ containerId: id, execId })).process);
  }

  /** The containers that it has a record of, by whatever dockerd. @returns By id, where the pipes are. */
  async fifoDirs(): Promise<Map<string, string | undefined>> {
    const dirs = new Map<string, string | undefined>();
    for await (const { container } of grpcClient(Containers, this.channel, this.headers).listStream({}))
      dirs.set(container!.id, container!.labels[BUNDLE_LABEL]);
    return dirs;
  }

  /** The containers that have a task. */
  async taskIds(): Promise<string[]> {
    return (await this.#tasks().list({})).tasks.map(({ id }) => id);
  }

  /** Ends a task that nobody waits for, and takes it away with its record. What is not there is fine. */
  async end(id: string): Promise<void> {
    await Promise.all([
      orUndefined(() => this.#tasks().wait({ containerId: id })),
      orUndefined(() => this.kill(id, signalNumber("SIGKILL"))),
    ]);
    await this.delete(id);
  }

  /** Takes a process that has ended away. */
  async deleteExec(id: string, execId: string): Promise<void> {
    await orUndefined(() => this.#tasks().deleteProcess({ containerId: id, execId }));
  }

  /** Takes a task that has ended away, and its record. What is not there is fine. */
  async delete(id: string): Promise<void> {
    await orUndefined(() => this.#tasks().delete({ containerId: id }));
    await orUndefined(() => grpcClient(Containers, this.channel, this.headers).delete({ id }));
  }

  #tasks(): GrpcClient<typeof Tasks> {
    return grpcClient(Tasks, this.channel, this.headers);
  }

  #leases(): GrpcClient<typeof Leases> {
    return grpcClient(Leases, this.channel, this.headers);
  }
}

function optionsOf({ binary, root }: RuntimeChoice): Any {
  return packAny(OptionsSchema, { binaryName: binary, root });
}

const UNKNOWN = ": unknown";

/** How containerd's own client puts an error of no particular class: users of docker know the word at the end. */
async function withClassName<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Unknown) || error.message.endsWith(UNKNOWN)) throw error;
    throw new Unknown(`${error.message}${UNKNOWN}`, { cause: error });
  }
}

async function orUndefined<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
