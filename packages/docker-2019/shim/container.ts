/** A container as its shim holds it: the bundle, the runtime, the first process and those that exec has added. */
import { closeSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { CgroupPaths } from "@eras/cgroups/container-paths.ts";
import { memoryFile } from "@eras/linux/memfd.ts";
import { signalNumber } from "@eras/linux/signals.ts";
import { AlreadyExists, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Any } from "../proto/gen/google/protobuf/any_pb.ts";
import type { CheckpointOptions, Options } from "../proto/gen/runc-options_pb.ts";
import type { Mount } from "../proto/gen/types_pb.ts";
import { step } from "../step.ts";
import { cgroupPathsOf } from "./cgroup-paths.ts";
import { ExecProcess } from "./exec-process.ts";
import { log } from "./log.ts";
import { mountRootfs, unmountRootfs } from "./rootfs.ts";
import { callRuntime, callRuntimeWith, type Runtime } from "./runc-cli.ts";
import { saveRuntime } from "./runtime-options.ts";
import { type ProcessIo, ShimProcess } from "./shim-process.ts";
import type { StdioOwner } from "./stdio.ts";
import { checkState } from "./task-state.ts";

/** What a container is made of. */
export interface ContainerRequest {
  readonly id: string;
  readonly bundle: string;
  readonly rootfs: readonly Mount[];
  readonly io: ProcessIo;
  /** A directory with the images of a checkpoint, to be restored instead of created. */
  readonly checkpoint: string;
}

const PID_FILE = "init.pid";

export class Container {
  readonly id: string;
  readonly bundle: string;
  readonly runtime: Runtime;
  readonly init: ShimProcess;
  readonly #options: Options;
  readonly #owner: StdioOwner;
  readonly #execs = new Map<string, ExecProcess>();
  readonly #checkpoint: string;
  /** Where its cgroup is, once it is created. */
  cgroupPaths: CgroupPaths = {};

  private constructor(
    { id, bundle, io, checkpoint }: ContainerRequest,
    runtime: Runtime,
    options: Options,
    namespace: string,
  ) {
    this.id = id;
    this.bundle = bundle;
    this.runtime = runtime;
    this.#options = options;
    this.#owner = { id, namespace, uid: options.ioUid, gid: options.ioGid };
    this.#checkpoint = checkpoint;
    this.init = new ShimProcess(io, this.#owner, () => this.#killOthers());
  }

  /** Mounts the root file system and has the runtime create the container. Nothing is left if that fails. */
  static async create(
    request: ContainerRequest,
    runtime: Runtime,
    options: Options,
    namespace: string,
  ): Promise<Container> {
    const { rootfs } = request;
    saveRuntime(runtime);
    const container = new Container(request, runtime, options, namespace);
    mountRootfs(rootfs, container.rootfsDir);
    try {
      if (request.checkpoint === "") await container.#create();
      return container;
    } catch (error) {
      await container.#forget();
      throw error;
    }
  }

  get rootfsDir(): string {
    return join(this.bundle, "rootfs");
  }

  async #create(): Promise<void> {
    step("shim.create-container", { id: this.id, runtime: this.runtime.binary });
    await this.init.make(async (streams, consoleArgs) => {
      const args = [
        "--bundle",
        this.bundle,
        "--pid-file",
        join(this.bundle, PID_FILE),
        ...consoleArgs,
        ...this.#flags(),
      ];
      await callRuntime(this.runtime, "create", ["create", ...args, this.id], streams);
      return readPid(join(this.bundle, PID_FILE));
    });
    this.cgroupPaths = cgroupPathsOf(this.init.pid);
  }

  #flags(): string[] {
    const { noPivotRoot, noNewKeyring } = this.#options;
    return [...(noPivotRoot ? ["--no-pivot"] : []), ...(noNewKeyring ? ["--no-new-keyring"] : [])];
  }

  /** Starts the first process's program, or an exec. */
  async start(execId: string): Promise<void> {
    if (execId !== "") await this.#exec(execId).run(this.runtime);
    else if (this.#checkpoint !== "") await this.#restore();
    else await this.#startInit();
  }

  async #startInit(): Promise<void> {
    step("shim.start-container", { id: this.id });
    await callRuntime(this.runtime, "start", ["start", this.id]);
  }

  async #restore(): Promise<void> {
    await this.init.make(async (streams, consoleArgs) => {
      const args = [
        "--image-path",
        this.#checkpoint,
        "--work-path",
        join(this.bundle, "work"),
        "--bundle",
        this.bundle,
      ];
      const pidFile = ["--pid-file", join(this.bundle, PID_FILE), "--detach", "--no-subreaper"];
      await callRuntime(this.runtime, "restore", ["restore", ...args, ...pidFile, ...consoleArgs, this.id], streams);
      return readPid(join(this.bundle, PID_FILE));
    });
    this.cgroupPaths = cgroupPathsOf(this.init.pid);
  }

  /** @throws {NotFound} When there is no such exec. */
  process(execId: string): ShimProcess {
    return execId === "" ? this.init : this.#exec(execId);
  }

  #exec(execId: string): ExecProcess {
    const exec = this.#execs.get(execId);
    if (!exec) throw new NotFound(`process does not exist ${execId}: not found`);
    return exec;
  }

  get execs(): ReadonlyMap<string, ExecProcess> {
    return this.#execs;
  }

  /** Notes a process that is to be started. @throws {AlreadyExists} */
  addExec(execId: string, io: ProcessIo, spec: Any | undefined): void {
    if (this.#execs.has(execId)) throw new AlreadyExists(`id ${execId}: already exists`);
    checkState("exec", this.init.state);
    this.#execs.set(execId, new ExecProcess({ id: this.id, execId, io, spec, bundle: this.bundle }, this.#owner));
  }

  /** Sends a signal to one process, or to all. */
  async kill(execId: string, signal: number, all: boolean): Promise<void> {
    const target = this.process(execId);
    if (execId !== "") {
      target.signal(signal);
      return;
    }
    if (this.init.exit && !all) throw new NotFound("process already finished: not found");
    try {
      await callRuntime(this.runtime, "kill", ["kill", ...(all ? ["--all"] : []), this.id, String(signal)]);
    } catch (error) {
      throw killError(error as Error);
    }
  }

  async pause(): Promise<void> {
    checkState("pause", this.init.state);
    await callRuntime(this.runtime, "pause", ["pause", this.id]);
    this.init.paused = true;
  }

  async resume(): Promise<void> {
    checkState("resume", this.init.state);
    await callRuntime(this.runtime, "resume", ["resume", this.id]);
    this.init.paused = false;
  }

  async pids(): Promise<number[]> {
    const pids = JSON.parse(await callRuntime(this.runtime, "ps", ["ps", "--format", "json", this.id])) as
      | number[]
      | null;
    return pids ?? []; // Go's list of nothing is null
  }

  /** @param resources - LinuxResources, as JSON. */
  async update(resources: Uint8Array): Promise<void> {
    checkState("update", this.init.state);
    const input = memoryFile("resources");
    try {
      writeSync(input, resources, 0, resources.length, 0);
      await callRuntimeWith(this.runtime, "update", ["update", "--resources", "-", this.id], input);
    } finally {
      closeSync(input);
    }
  }

  async checkpoint(path: string, options: CheckpointOptions): Promise<void> {
    checkState("checkpoint", this.init.state);
    const work = options.workPath || join(this.bundle, "work");
    const args = ["--image-path", path, "--work-path", work, ...checkpointFlags(options)];
    await callRuntime(this.runtime, "checkpoint", ["checkpoint", ...args, this.id]);
  }

  /** Processes of a container that has no PID namespace of its own live on when the first one ends. */
  async #killOthers(): Promise<void> {
    try {
      if (ownsPidNamespace(this.bundle)) return; // the kernel does it
      await callRuntime(this.runtime, "kill", ["kill", "--all", this.id, String(signalNumber("SIGKILL"))]);
    } catch (error) {
      log(`Cannot kill what is left of ${this.id}: ${(error as Error).message}`);
    }
  }

  /** Removes what is left. @throws {Unknown} While the first process runs. */
  async delete(): Promise<void> {
    checkState("delete", this.init.state);
    const args = ["delete", ...(this.init.exit ? [] : ["--force"]), this.id];
    await callRuntime(this.runtime, "delete", args).catch(ignoreMissing);
    await this.init.closeIo();
    unmountRootfs(this.rootfsDir);
  }

  async deleteExec(execId: string): Promise<void> {
    const exec = this.process(execId);
    checkState("delete", exec.state);
    await exec.closeIo();
    this.#execs.delete(execId);
  }

  async #forget(): Promise<void> {
    await callRuntime(this.runtime, "delete", ["delete", "--force", this.id]).catch(() => {});
    unmountRootfs(this.rootfsDir);
  }
}

function checkpointFlags(options: CheckpointOptions): string[] {
  const { exit, openTcp, externalUnixSockets, terminal, fileLocks, emptyNamespaces, cgroupsMode } = options;
  return [
    ...(exit ? [] : ["--leave-running"]),
    ...(openTcp ? ["--tcp-established"] : []),
    ...(externalUnixSockets ? ["--ext-unix-sk"] : []),
    ...(terminal ? ["--shell-job"] : []),
    ...(fileLocks ? ["--file-locks"] : []),
    ...(cgroupsMode === "" ? [] : ["--manage-cgroups-mode", cgroupsMode]),
    ...emptyNamespaces.flatMap((namespace) => ["--empty-ns", namespace]),
  ];
}

function ownsPidNamespace(bundle: string): boolean {
  const { linux } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as {
    linux?: { namespaces?: { type: string; path?: string }[] };
  };
  return linux?.namespaces?.some(({ type, path }) => type === "pid" && !path) ?? false;
}

function readPid(path: string): number {
  return Number(readFileSync(path, "utf8"));
}

/** Somebody may have called the runtime behind our back. */
function ignoreMissing(error: Error): void {
  if (!error.message.includes("does not exist")) throw error;
}

/** runc's words, of which containerd's clients expect the kind. */
function killError(error: Error): Error {
  const { message } = error;
  if (/process already finished|container not running|no such process/i.test(message)) {
    return new NotFound("process already finished: not found", { cause: error });
  }
  if (message.includes("does not exist")) return new NotFound("no such container: not found", { cause: error });
  return error;
}
