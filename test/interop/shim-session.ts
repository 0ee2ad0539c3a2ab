/** A shim without containerd: it is started as containerd starts it, and asked by ttrpc; its events come to us. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync, rmSync, writeSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { join, resolve } from "node:path";
import { PROCESS_URL, packAny, packJson } from "@eras/docker-2019/proto/any.ts";
import { type Envelope, Events } from "@eras/docker-2019/proto/gen/events-ttrpc_pb.ts";
import { type Options, OptionsSchema } from "@eras/docker-2019/proto/gen/runc-options_pb.ts";
import { Task } from "@eras/docker-2019/proto/gen/shim_pb.ts";
import { connectTtrpc, socketPath, type TtrpcConnection, ttrpcClient } from "@eras/docker-2019/proto/ttrpc/client.ts";
import { implement, ttrpcServer } from "@eras/docker-2019/proto/ttrpc/server.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { mkfifo } from "@eras/linux/fifo.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { makeBundle, plainSpec } from "../harness/bundle.ts";
import { unpackBusybox } from "../harness/busybox-image.ts";
import { newPlace, type Place, remains, removePlace } from "../harness/remains.ts";
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { GENUINE_RUNC } from "../harness/runtime-under-test.ts";

export const OUR_SHIM = resolve(import.meta.dirname, "../../bin/containerd-shim-eras-v2");
export const GENUINE_SHIM = "/usr/bin/containerd-shim-runc-v2";

const NAMESPACE = "eras";

/** Where a task's streams go; `terminal` as well. */
export interface Io {
  readonly terminal?: boolean;
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** One container's side of a shim. */
export interface Served {
  readonly id: string;
  readonly bundle: string;
  readonly shimPid: number;
  readonly task: ReturnType<typeof taskClient>;
  /** Create, of this container. */
  create(io?: Io, options?: Partial<Options>): Promise<{ pid: number }>;
  /** Exec, of a program in it. */
  exec(execId: string, args: readonly string[], io?: Io): Promise<object>;
}

function taskClient(connection: TtrpcConnection) {
  return ttrpcClient(Task, connection);
}

/** A place with any number of shims of one kind. */
export class ShimSession {
  readonly place: Place = newPlace();
  readonly events: Envelope[] = [];
  readonly #shim: string;
  readonly #shimArguments: readonly string[];
  readonly #runtime: string;
  readonly #rootfs: string;
  readonly #connections: TtrpcConnection[] = [];
  readonly #sockets: string[] = [];
  readonly #logs: number[] = [];
  readonly #bundles: string[] = [];
  readonly #containerd: Server;
  readonly #eventConnections = new Set<Socket>();

  /** @param shim - The program, with its first arguments. @param runtime - The runtime that its containers' options name. */
  constructor(shim: string, runtime = GENUINE_RUNC.path, shimArguments: readonly string[] = []) {
    this.#shim = shim;
    this.#shimArguments = shimArguments;
    this.#runtime = runtime;
    this.#rootfs = join(this.place.dir, "busybox");
    unpackBusybox(this.#rootfs);
    const forward = ({ envelope }: { envelope?: Envelope | undefined }) => {
      this.events.push(envelope!);
      return {};
    };
    this.#containerd = ttrpcServer([implement(Events, { forward })]).listen(this.#path("containerd.sock.ttrpc"));
    this.#containerd.on("connection", (socket) => this.#eventConnections.add(socket));
  }

  #path(name: string): string {
    return join(this.place.dir, name);
  }

  /** The topics of all events so far, in their order. */
  get topics(): string[] {
    return this.events.map(({ topic }) => topic);
  }

  /** Makes a bundle and runs `start` in it. */
  async start(id: string, change: (spec: Spec) => Spec = (spec) => spec): Promise<Served> {
    const bundle = this.makeBundle(id, change);
    const { stdout, stderr, status } = await this.call(id, "start");
    if (stderr !== "" || status !== 0) throw new Error(`Cannot start a shim: ${stderr} (${status})`);
    const connection = await connectTtrpc(socketPath(stdout));
    this.#connections.push(connection);
    this.#sockets.push(socketPath(stdout));
    return this.#serve(id, bundle, taskClient(connection));
  }

  /** A bundle whose program sleeps. */
  makeBundle(id: string, change: (spec: Spec) => Spec): string {
    const bundle = this.#path(id);
    const { linux, process, ...spec } = plainSpec();
    const cgroupsPath = `/${this.place.cgroupParent}/${id}`;
    const asleep = { ...spec, process: { ...process!, args: ["sleep", "1000"] }, linux: { ...linux, cgroupsPath } };
    makeBundle(bundle, this.#rootfs, change(asleep));
    mkfifo(join(bundle, "log"), 0o700);
    this.#logs.push(openSync(join(bundle, "log"), constants.O_RDWR | constants.O_NONBLOCK));
    this.#bundles.push(id);
    return bundle;
  }

  /** Runs the shim's program as containerd would. */
  call(id: string, ...action: string[]) {
    const address = this.#path("containerd.sock");
    const flags = ["-namespace", NAMESPACE, "-address", address, "-publish-binary", "/bin/true", "-id", id];
    const env = { ...shellEnvironment(), TTRPC_ADDRESS: `${address}.ttrpc` };
    return runProgram(this.#shim, [...this.#shimArguments, ...flags, ...action], { cwd: this.#path(id), env });
  }

  async #serve(id: string, bundle: string, task: Served["task"]): Promise<Served> {
    const { shimPid } = await task.connect({ id });
    return {
      id,
      bundle,
      shimPid,
      task,
      create: (io = {}, options = {}) =>
        task.create({ id, bundle, options: packAny(OptionsSchema, { ...this.#options(), ...options }), ...io }),
      exec: (execId, args, io = {}) =>
        task.exec({ id, execId, ...io, spec: packJson(PROCESS_URL, processOf(args, io)) }),
    };
  }

  #options(): Partial<Options> {
    return { binaryName: this.#runtime, root: this.#path("runc") };
  }

  /** Makes a FIFO for a stream. */
  fifo(name: string): string {
    mkfifo(this.#path(name), 0o700);
    return this.#path(name);
  }

  /** Hears no more events, as if containerd were away, and reads no log: the FIFOs are full. */
  leave(): void {
    this.#containerd.close();
    rmSync(this.#path("containerd.sock.ttrpc"), { force: true });
    for (const connection of this.#eventConnections) connection.destroy();
    for (const fd of this.#logs) fill(fd);
  }

  /** Ends everything, and looks what is left. */
  async close(): Promise<string[]> {
    for (const connection of this.#connections) connection.close();
    for (const pid of this.#shimPids()) process.kill(pid, "SIGKILL");
    for (const id of this.#bundles) await this.call(id, "-bundle", this.#path(id), "delete");
    for (const fd of this.#logs) closeSync(fd);
    for (const socket of this.#sockets) rmSync(socket, { force: true });
    await new Promise((resolve) => this.#containerd.close(resolve));
    return removePlace(this.place);
  }

  #shimPids(): number[] {
    return remains(this.place)
      .filter((line) => line.startsWith("process ") && line.includes("-namespace"))
      .map((line) => Number(line.split(" ")[1]));
  }
}

function processOf(args: readonly string[], { terminal = false }: Io): object {
  const { process } = plainSpec();
  return { ...process, args, terminal };
}

/** A client that reads a FIFO, and may be killed: what it has read so far is in `text`. */
export class FifoReader {
  readonly #cat: ChildProcess;
  text = "";

  constructor(path: string) {
    this.#cat = spawn("cat", [path], { stdio: ["ignore", "pipe", "inherit"] });
    this.#cat.stdout!.setEncoding("latin1").on("data", (text: string) => (this.text += text));
  }

  /** Resolves when there is no more to read. */
  readonly ended = new Promise<void>((resolve) => setImmediate(() => this.#cat.once("close", resolve)));

  kill(): void {
    this.#cat.kill("SIGKILL");
  }
}

/** A client's end of a FIFO that a process writes to: reads what is there, without waiting. */
export class FifoEnd {
  readonly #fd: number;
  text = "";
  ended = false;

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  read(): void {
    const bytes = Buffer.alloc(1 << 16);
    try {
      const length = readSync(this.#fd, bytes);
      this.ended = length === 0;
      this.text += bytes.toString("latin1", 0, length);
    } catch (error) {
      if (!isErrno(error, "EAGAIN")) throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function fill(fd: number): void {
  try {
    for (;;) writeSync(fd, Buffer.alloc(1024, "."));
  } catch (error) {
    if (!isErrno(error, "EAGAIN")) throw error;
  }
}

/** What a process has open, without the numbers. */
export function openFiles(pid: number): string[] {
  const dir = `/proc/${pid}/fd`;
  return readdirSync(dir)
    .map((fd) => readlinkSync(join(dir, fd)))
    .sort();
}
