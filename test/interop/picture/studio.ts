/** Takes pictures of containers: the same bundle at the same place, one runtime after the other. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { makeBundle } from "../../harness/bundle.ts";
import { unpackBusybox } from "../../harness/busybox-image.ts";
import type { Place } from "../../harness/remains.ts";
import { runProgram, shellEnvironment } from "../../harness/run-program.ts";
import type { Runtime } from "../../harness/runtime-under-test.ts";
import { comparable, type Picture } from "./comparable.ts";
import { controlGroups } from "./control-groups.ts";
import { PROBE } from "./probe.ts";
import { openOutput } from "./process-output.ts";

/** A container, and which of its processes is looked at. */
export interface Sitting {
  /** Its args are the probe's, or sleep's; its cgroup is the studio's. */
  readonly spec: Spec;
  readonly createFlags?: readonly string[];
  /** Flags of an `exec` in which the probe runs beside a first process that sleeps. */
  readonly exec?: readonly string[];
}

const LOOK = ["/bin/sh", "-c", PROBE];
const WAIT = ["/bin/sleep", "1000"];

/** Adopts what the runtimes leave running, so that it hears of its end: see `setChildSubreaper()`. */
export class Studio {
  readonly #place: Place;
  readonly #rootfs: string;
  #sitters = 0;

  constructor(place: Place) {
    this.#place = place;
    setChildSubreaper(true);
    this.#rootfs = join(place.dir, "rootfs");
    unpackBusybox(this.#rootfs);
    mkdirSync(join(this.#rootfs, "mnt"));
    writeFileSync(join(this.#rootfs, "etc/secret"), "secret");
  }

  /** Runs the container to the end of the probe, and removes it. @throws {Error} With what the runtime says when it fails. */
  async takePicture(runtime: Runtime, sitting: Sitting): Promise<Picture> {
    const { spec, createFlags = [], exec } = sitting;
    this.#sitters++;
    this.#makeBundle(sitting);
    try {
      const create = ["create", "--bundle", this.#bundle, ...createFlags];
      const first = await this.#start(runtime, create, [], spec.process!.terminal === true);
      const groups = controlGroups(this.#cgroup);
      await this.#command(runtime, ["start", this.#id]);
      const looking = exec
        ? await this.#start(runtime, ["exec", "--detach", ...exec], LOOK, exec.includes("--tty"))
        : first;
      return { ...comparable(await looking.shown, this.#id), ...groups };
    } finally {
      await this.#command(runtime, ["delete", "--force", this.#id]);
    }
  }

  get #id(): string {
    return `sitter-${this.#sitters}`;
  }
  get #bundle(): string {
    return join(this.#place.dir, "bundle");
  }
  get #cgroup(): string {
    return `/${this.#place.cgroupParent}/${this.#id}`;
  }

  #makeBundle({ spec, exec }: Sitting): void {
    rmSync(this.#bundle, { recursive: true, force: true });
    const process = { ...spec.process!, args: exec ? WAIT : LOOK };
    const linux = { cgroupsPath: this.#cgroup, ...spec.linux };
    makeBundle(this.#bundle, this.#rootfs, { ...spec, process, linux });
  }

  /** Starts a process of the container with an output of its own. */
  async #start(runtime: Runtime, command: readonly string[], args: readonly string[], terminal: boolean) {
    const pidFile = join(this.#bundle, "pid");
    const output = openOutput(this.#bundle, terminal);
    const all = [...this.#globalFlags(runtime), ...command, "--pid-file", pidFile, ...output.flags, this.#id, ...args];
    const child = spawn(runtime.path, all, { stdio: output.stdio, env: shellEnvironment() });
    const ended = once(child, "exit");
    output.accept();
    const [status] = await ended;
    if (status !== 0) throw new Error(`${runtime.name} ${command[0]} ended with ${status}: ${output.complaint}`);
    return { shown: output.of(Number(readFileSync(pidFile, "utf8"))) }; // in an object: an async function would wait for it
  }

  async #command(runtime: Runtime, args: readonly string[]): Promise<void> {
    const { stderr, status } = await runProgram(runtime.path, [...this.#globalFlags(runtime), ...args]);
    if (status !== 0) throw new Error(`${runtime.name} ${args.join(" ")} ended with ${status}: ${stderr}`);
  }

  #globalFlags(runtime: Runtime): string[] {
    return ["--root", join(this.#place.dir, "state", runtime.name)];
  }
}
