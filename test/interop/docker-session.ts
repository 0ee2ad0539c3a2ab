/** A genuine dockerd that knows the runtime under test as `tested`, beside its own `runc`. */
import { expect } from "vitest";
import { type DockerOptions, GenuineDocker } from "../genuine/docker.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import type { ProgramResult } from "../harness/run-program.ts";
import { RUNTIME } from "../harness/runtime-under-test.ts";

export class DockerSession {
  readonly docker: GenuineDocker;
  readonly place: Place;

  private constructor(docker: GenuineDocker, place: Place) {
    this.docker = docker;
    this.place = place;
  }

  /** Starts dockerd and loads `busybox`. With `subordinateIds` its containers have user namespaces, of `daemon`'s ids. */
  static async start(options: DockerOptions = {}): Promise<DockerSession> {
    const place = newPlace();
    const { subordinateIds, flags = [], runtimes = {} } = options;
    const remap = subordinateIds === undefined ? [] : ["--userns-remap", "daemon"];
    const docker = await GenuineDocker.start(place.dir, {
      ...options,
      runtimes: { tested: RUNTIME.path, ...runtimes },
      flags: ["--cgroup-parent", `/${place.cgroupParent}`, ...remap, ...flags],
    });
    docker.docker(["load"], busyboxImage("busybox:latest"));
    return new DockerSession(docker, place);
  }

  /** Environment that points a genuine `docker` at this daemon. */
  get env(): NodeJS.ProcessEnv {
    return this.docker.env;
  }

  /** Runs a command in a container that goes away; output, errors and exit status are one text, fit to be compared. */
  async shown(runtime: "tested" | "runc", flags: readonly string[], command: readonly string[]): Promise<string> {
    return comparable(await this.docker.run(["run", "--rm", "--runtime", runtime, ...flags, "busybox", ...command]));
  }

  /** Removes all containers, ends dockerd, and expects nothing of them on the machine. */
  async stop(): Promise<void> {
    const ids = this.docker.docker(["ps", "-aq"]).split("\n").filter(Boolean);
    if (ids.length > 0) this.docker.docker(["rm", "-f", ...ids]);
    await this.docker.stop();
    expect(await removePlace(this.place)).toEqual([]);
  }
}

/** What docker 20.10 says now and then of a wait that is of no interest any more. */
export const IDLE_WAIT = /^time=.*level=error msg="error waiting for container.*\n/gm;

/** Without what differs from container to container: ids, the hostname made from one, numbers that the kernel counts on. */
function comparable({ stdout, stderr, status }: ProgramResult): string {
  return `${stdout}${stderr}${status}`
    .replace(IDLE_WAIT, "")
    .replace(/(?<![0-9a-f])[0-9a-f]{64}/g, "ID")
    .replace(/(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])/g, "HOSTNAME")
    .replace(/[A-Z][a-z]{2} [ \d]\d \d\d:\d\d/g, "TIME")
    .replace(/(pipe|socket|uts|ipc|pid|net):\[\d+\]/g, "$1:[INODE]")
    .replace(/(master|shared):\d+/g, "$1:N");
}
