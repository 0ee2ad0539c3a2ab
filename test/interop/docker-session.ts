/** A genuine dockerd that knows the runtime under test as `tested`, beside its own `runc`. */
import { expect } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
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
  static async start(subordinateIds?: string): Promise<DockerSession> {
    const place = newPlace();
    const flags = ["--cgroup-parent", `/${place.cgroupParent}`];
    const docker = await GenuineDocker.start(place.dir, {
      runtimes: { tested: RUNTIME.path },
      ...(subordinateIds === undefined ? { flags } : { flags: [...flags, "--userns-remap", "daemon"], subordinateIds }),
    });
    docker.docker(["load"], busyboxImage("busybox:latest"));
    return new DockerSession(docker, place);
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

/** Without what differs from container to container: ids, the hostname made from one, numbers that the kernel counts on. */
function comparable({ stdout, stderr, status }: ProgramResult): string {
  return `${stdout}${stderr}${status}`
    .replace(/(?<![0-9a-f])[0-9a-f]{64}/g, "ID")
    .replace(/(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])/g, "HOSTNAME")
    .replace(/[A-Z][a-z]{2} [ \d]\d \d\d:\d\d/g, "TIME")
    .replace(/(pipe|socket|uts|ipc|pid|net):\[\d+\]/g, "$1:[INODE]")
    .replace(/(master|shared):\d+/g, "$1:N");
}
