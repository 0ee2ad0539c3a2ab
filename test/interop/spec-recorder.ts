/**
 * A genuine dockerd whose containers are started by a runtime that only keeps their config.json, and fails. So the spec of any container is
 * to be had, of those too that this host could not run: privileged ones, limits of another machine.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  ContainerConfig,
  ContainerCreateRequest,
  HostConfig,
  ImageRunConfig,
} from "@eras/docker-2019/engine-api/container-config.ts";
import { parseJson } from "@eras/oci-spec/exact-json.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { expect } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { imageArchive, unpackBusybox } from "../harness/busybox-image.ts";
import { type EngineAnswer, engineRequest } from "../harness/engine-request.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";

/** A container as the genuine dockerd made it. */
export interface Recorded {
  readonly id: string;
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** As `docker inspect` has them: volumes and binds. */
  readonly mounts: readonly RecordedMount[];
  readonly files: { readonly resolvConf: string; readonly hostname: string; readonly hosts: string };
  readonly spec: Spec;
  /** Of the creation. */
  readonly warnings: readonly string[];
}

export interface RecordedMount {
  readonly Type: "bind" | "volume" | "tmpfs";
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

const PASSWD = `root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65533:nobody:/:/bin/false
daemon:x:1:1:daemon:/:/bin/false
1000:x:1001:1001:a name of digits:/:/bin/false
`;
const GROUP = `root:x:0:daemon
nogroup:x:65533:
daemon:x:1:
games:x:60:nobody,daemon
disk:x:6:nobody
`;
/** All that an image may say. */
export const IMAGE_CONFIG: ImageRunConfig = {
  User: "nobody",
  ExposedPorts: { "80/tcp": {}, "53/udp": {} },
  Env: ["PATH=/of/the/image", "IMAGE=yes", "BOTH=image"],
  Entrypoint: ["/bin/echo", "entry"],
  Cmd: ["command"],
  Healthcheck: { Test: ["CMD", "true"], Interval: 10e9, Timeout: 5e9, StartPeriod: 1e9, Retries: 2 },
  Volumes: { "/data": {} },
  WorkingDir: "/work",
  Labels: { a: "image", b: "image" },
  OnBuild: ["RUN true"],
  StopSignal: "SIGQUIT",
  Shell: ["/bin/ash", "-c"],
};
export const BUSYBOX_CONFIG: ImageRunConfig = {
  Cmd: ["sh"],
  Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
};

const RECORDER = "recorder";
/** A runtime that runs containers, and keeps the limits and the processes that it is sent. */
export const RUNNING_RECORDER = "running";

export class SpecRecorder {
  readonly docker: GenuineDocker;
  readonly place: Place;

  private constructor(docker: GenuineDocker, place: Place) {
    this.docker = docker;
    this.place = place;
  }

  static async start(flags: readonly string[] = [], subordinateIds?: string): Promise<SpecRecorder> {
    const place = newPlace();
    const runtime = join(place.dir, RECORDER);
    mkdirSync(join(place.dir, "specs"));
    const running = join(place.dir, RUNNING_RECORDER);
    writeFileSync(runtime, recorderScript(join(place.dir, "specs")), { mode: 0o755 });
    writeFileSync(running, runningScript(join(place.dir, "specs")), { mode: 0o755 });
    const docker = await GenuineDocker.start(place.dir, {
      runtimes: { [RECORDER]: runtime, [RUNNING_RECORDER]: running },
      flags,
      ...(subordinateIds !== undefined && { subordinateIds }),
    });
    const recorder = new SpecRecorder(docker, place);
    try {
      recorder.#loadImages();
      return recorder;
    } catch (error) {
      await recorder.stop();
      throw error;
    }
  }

  get dataRoot(): string {
    return join(this.place.dir, "data");
  }

  /** The root file system of all images: busybox, with a few users. */
  get rootfs(): string {
    return join(this.place.dir, "rootfs");
  }

  /** `busybox`, which says what to run and no more, and `configured`, which says all that an image may. */
  #loadImages(): void {
    unpackBusybox(this.rootfs);
    writeFileSync(join(this.rootfs, "etc/passwd"), PASSWD);
    writeFileSync(join(this.rootfs, "etc/group"), GROUP);
    const layer = execFileSync("tar", ["-C", this.rootfs, "-c", "."], { maxBuffer: 1 << 28 });
    this.docker.docker(["load"], imageArchive("busybox:latest", layer, BUSYBOX_CONFIG));
    this.docker.docker(["load"], imageArchive("configured:latest", layer, IMAGE_CONFIG));
  }

  request(method: string, path: string, body?: unknown, version = "1.41"): Promise<EngineAnswer> {
    return engineRequest(join(this.place.dir, "docker.sock"), method, `/v${version}${path}`, body);
  }

  /** What becomes of a request: the container's record, and the spec that it was to be started with. It is there while it is looked at. */
  async record(request: ContainerCreateRequest, version: string, lookAt: (recorded: Recorded) => void): Promise<void> {
    const body = { ...request, HostConfig: { ...request.HostConfig, Runtime: RECORDER } };
    const created = await this.request("POST", "/containers/create", body, version);
    expect(created, JSON.stringify(request)).toMatchObject({ status: 201 });
    const id: string = created.body.Id;
    try {
      const started = await this.request("POST", `/containers/${id}/start`);
      expect(started.body.message).toContain(`${RECORDER} did not terminate successfully`);
      const { body: inspected } = await this.request("GET", `/containers/${id}/json`);
      const { Config, HostConfig, Mounts, ResolvConfPath, HostnamePath, HostsPath } = inspected;
      const files = { resolvConf: ResolvConfPath, hostname: HostnamePath, hosts: HostsPath };
      const spec = parseJson(readFileSync(join(this.place.dir, "specs", `${id}.json`), "utf8")) as Spec;
      lookAt({
        id,
        config: Config,
        hostConfig: HostConfig,
        mounts: Mounts,
        files,
        spec,
        warnings: created.body.Warnings,
      });
    } finally {
      await this.request("DELETE", `/containers/${id}?force=1&v=1`);
    }
  }

  async stop(): Promise<void> {
    await this.docker.stop();
    expect(await removePlace(this.place)).toEqual([]);
  }
}

/** Called as `… create --bundle DIR … ID`, and for everything else that the shim likes to clean up. */
function recorderScript(specs: string): string {
  return `#!/bin/sh
while [ $# -gt 0 ]; do
  [ "$1" = --bundle ] && cp "$2/config.json" "${specs}/$(basename "$2").json"
  shift
done
exit 1
`;
}

/** Called as `… update --resources=- ID`, with the limits on standard input, or as `… exec --process FILE … ID`. */
function runningScript(specs: string): string {
  return `#!/bin/sh
case " $* " in
  *" update "*) tee "${specs}/update.json" | runc "$@"; exit ;;
  *" exec "*) file="\${*#*--process }" && cp "\${file%% *}" "${specs}/process.json" ;;
esac
exec runc "$@"
`;
}
