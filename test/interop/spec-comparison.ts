/**
 * A request, taken by the genuine dockerd and by our library, and all that comes of it side by side: the container's record, its mount
 * points, its OCI spec.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckedRequest, checkRequest, completeRequest } from "@eras/docker-2019/dockerd/config/create-request.ts";
import { type DaemonDefaults, standardDefaults } from "@eras/docker-2019/dockerd/config/daemon-defaults.ts";
import { hostSupport } from "@eras/docker-2019/dockerd/config/host-support.ts";
import {
  anonymousVolumes,
  type MountPoint,
  mountPointsOfHostConfig,
} from "@eras/docker-2019/dockerd/config/mount-points.ts";
import { wholeConfig, wholeHostConfig } from "@eras/docker-2019/dockerd/config/whole.ts";
import { resolvedMount } from "@eras/docker-2019/dockerd/spec/resolved-mount.ts";
import {
  createSpec,
  type JoinedNamespaces,
  type SpecDaemonOptions,
  type SpecParts,
} from "@eras/docker-2019/dockerd/spec/spec.ts";
import type {
  ContainerConfig,
  ContainerCreateRequest,
  HostConfig,
} from "@eras/docker-2019/engine-api/container-config.ts";
import { MS_BIND, MS_SHARED, mount, umount } from "@eras/linux/mount.ts";
import { parseJson, stringifyJson } from "@eras/oci-spec/exact-json.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import { expect } from "vitest";
import { blockDevice, type CaseHost, type SpecCase } from "./dockerd-spec-cases.ts";
import { refusal } from "./refusal.ts";
import { BUSYBOX_CONFIG, IMAGE_CONFIG, type Recorded, type RecordedMount, SpecRecorder } from "./spec-recorder.ts";

type Described = Pick<Recorded, "id" | "config" | "hostConfig"> & { readonly files: Partial<Recorded["files"]> };

/** A daemon that was told something, in its own words and in ours. */
export interface DaemonCase {
  readonly flags?: readonly string[];
  readonly subordinateIds?: string;
  readonly defaults?: Partial<DaemonDefaults>;
  readonly options?: Partial<SpecDaemonOptions>;
  /** Of the data-root, where the daemon keeps containers. */
  readonly subdirectory?: string;
}

export class SpecComparison {
  readonly #recorder: SpecRecorder;
  readonly #daemon: DaemonDefaults;
  readonly #options: SpecDaemonOptions;
  readonly #dataRoot: string;
  /** A running container whose namespaces others may join. */
  #peer = { id: "", pid: 0 };

  private constructor(recorder: SpecRecorder, { defaults, options, subdirectory = "" }: DaemonCase) {
    this.#recorder = recorder;
    this.#dataRoot = join(recorder.dataRoot, subdirectory);
    this.#daemon = { ...standardDefaults(this.#dataRoot, hostSupport()), ...defaults };
    this.#options = { dataRoot: this.#dataRoot, cgroupDriver: "cgroupfs", ...options };
  }

  static async start(daemon: DaemonCase = {}): Promise<SpecComparison> {
    return new SpecComparison(await SpecRecorder.start(daemon.flags, daemon.subordinateIds), daemon);
  }

  /** What the cases of an ordinary daemon name: files, a place where mounts spread, a peer, a container with volumes. */
  prepareHost(): CaseHost {
    const { docker, place } = this.#recorder;
    const [dir, sharedDir] = [join(place.dir, "bound"), join(place.dir, "shared")];
    mkdirSync(dir);
    writeFileSync(join(dir, "file"), "");
    symlinkSync("/dev/zero", join(dir, "link"));
    mkdirSync(sharedDir);
    mount(sharedDir, sharedDir, null, MS_BIND, null);
    mount(null, sharedDir, null, MS_SHARED, null);
    const flags = ["--ipc=shareable", "--cgroup-parent", place.cgroupParent];
    const id = docker.docker(["run", "-d", ...flags, "busybox", "sleep", "600"]);
    this.#peer = { id, pid: Number(docker.docker(["inspect", "-f", "{{.State.Pid}}", id])) };
    const volumes = docker.docker(["create", ...this.#volumeBinds().flatMap((bind) => ["-v", bind]), "busybox"]);
    return { dir, disk: blockDevice(), sharedDir, peer: id, volumes };
  }

  async stop(): Promise<void> {
    if (this.#peer.pid !== 0) umount(join(this.#recorder.place.dir, "shared"));
    await this.#recorder.stop();
  }

  /** Fails where anything differs that isn't listed below. */
  compare({ request, version }: Omit<SpecCase, "name">): Promise<void> {
    return this.#recorder.record(request, version, (recorded) => {
      const completed = this.#complete(request, version);
      const config = { ...completed.config, ...ofDaemon(recorded.config) };
      const { hostConfig, warnings } = completed;
      expect(warnings).toEqual(recorded.warnings);
      expectSame(wholeHostConfig(hostConfig), { ...recorded.hostConfig, ...ofRecorder(request) });
      expectSame(wholeConfig(config), recorded.config);
      const ours = { ...recorded, config, hostConfig };
      const points = this.#mountPointsOf(ours);
      expect(points.map(toldOfMount).sort(byDestination)).toEqual(recorded.mounts.toSorted(byDestination));
      expect(comparable(createSpec(this.#partsOf(ours, points)))).toEqual(comparable(recorded.spec));
    });
  }

  /** Of a request that is taken, and can't be started: what both say. */
  async compareRefusal(request: ContainerCreateRequest): Promise<void> {
    const created = await this.#recorder.request("POST", "/containers/create", request);
    expect(created).toMatchObject({ status: 201 });
    const id: string = created.body.Id;
    try {
      const genuine = await this.#recorder.request("POST", `/containers/${id}/start`);
      const { config, hostConfig } = this.#complete(request, "1.41");
      const points = mountPointsOfHostConfig(hostConfig, () => [], this.#dataRoot);
      const parts = this.#partsOf({ id, config, hostConfig, files: {} }, points);
      expect(refusal(() => createSpec(parts))).toEqual(genuine);
    } finally {
      await this.#recorder.request("DELETE", `/containers/${id}?force=1&v=1`);
    }
  }

  #complete(request: ContainerCreateRequest, apiVersion: string): CheckedRequest {
    const image = request.Image === "configured" ? IMAGE_CONFIG : BUSYBOX_CONFIG;
    const checked = checkRequest(request, {
      apiVersion,
      daemon: this.#daemon,
      idOf: (name) => (name === this.#peer.id ? name : undefined),
    });
    return completeRequest(checked, image, this.#daemon);
  }

  /** What our daemon would have: the record, and files where the genuine one has them. */
  #partsOf({ id, config, hostConfig, files }: Described, points: readonly MountPoint[]): SpecParts {
    return {
      id,
      rootfs: this.#recorder.rootfs,
      config,
      hostConfig,
      files: Object.fromEntries(Object.entries(files).filter(([, path]) => path !== "")),
      mountPoints: points.map(resolvedMount),
      ...this.#shmPath(id, hostConfig.IpcMode!),
      join: this.#joined(hostConfig),
      initPath: "/usr/bin/docker-init",
      daemon: this.#options,
    };
  }

  /** Ours, with the genuine one's names for anonymous volumes. */
  #mountPointsOf({ config, hostConfig, mounts }: Recorded): MountPoint[] {
    const ofOthers = () =>
      mountPointsOfHostConfig({ Binds: this.#volumeBinds() }, () => [], this.#dataRoot).map((point) =>
        this.#withVolume(point),
      );
    const points = mountPointsOfHostConfig(hostConfig, ofOthers, this.#dataRoot);
    const taken = points.map(({ Destination }) => Destination);
    return [...points, ...anonymousVolumes(config.Volumes ?? {}, taken, "")].map((point) => {
      const isNamed = point.Spec.Source !== undefined;
      const Name = isNamed
        ? point.Name
        : (mounts.find(({ Destination }) => Destination === point.Destination)?.Name ?? "");
      return this.#withVolume({ ...point, Name });
    });
  }

  /** What the local driver says of a volume. */
  #withVolume(point: MountPoint): MountPoint {
    if (point.Type !== "volume") return point;
    return {
      ...point,
      Driver: "local",
      Source: join(this.#dataRoot, "volumes", point.Name, "_data"),
    };
  }

  #volumeBinds(): string[] {
    return [`${this.#recorder.place.dir}/bound:/from`, "named:/vol"];
  }

  #shmPath(id: string, ipcMode: string): Pick<SpecParts, "shmPath"> {
    const shmOf = (owner: string) => join(this.#dataRoot, "containers", owner, "mounts/shm");
    if (ipcMode === "shareable") return { shmPath: shmOf(id) };
    return ipcMode.startsWith("container:") ? { shmPath: shmOf(this.#peer.id) } : {};
  }

  #joined({ NetworkMode = "", PidMode = "", IpcMode = "" }: HostConfig): JoinedNamespaces {
    const isOfPeer = (mode: string) => mode.startsWith("container:");
    return {
      ...(NetworkMode === "host" && { network: join(this.#recorder.place.dir, "exec/netns/default") }),
      ...(isOfPeer(NetworkMode) && { network: `/proc/${this.#peer.pid}/ns/net` }),
      ...(isOfPeer(PidMode) && { pid: `/proc/${this.#peer.pid}/ns/pid` }),
      ...(isOfPeer(IpcMode) && { ipc: `/proc/${this.#peer.pid}/ns/ipc` }),
    };
  }
}

/**
 * What may differ:
 *
 * - the root: the genuine one's is not mounted any more when it is compared;
 * - hooks: the genuine one's calls its own libnetwork;
 * - the order of mounts of one depth, of limits, of added groups, and of the options that a user namespace may not take from a bind: in the
 *   original it is that of a map's members, different each time.
 */
function comparable({ hooks: _, root, mounts = [], process, ...spec }: Spec): unknown {
  const depth = ({ destination }: Mount) => destination.split("/").length;
  const runs: Mount[][] = [];
  for (const mount of mounts) {
    if (runs.length > 0 && depth(runs.at(-1)![0]!) === depth(mount)) runs.at(-1)!.push(mount);
    else runs.push([mount]);
  }
  const isLocked = (option: string) => /^(ro|nodev|noexec|nosuid|noatime|nodiratime)$/.test(option);
  const ordered = (mount: Mount) => {
    const { options = [] } = mount;
    if (mount.type !== "bind") return mount;
    return { ...mount, options: [...options.filter((one) => !isLocked(one)), ...options.filter(isLocked).sort()] };
  };
  const sorted = runs.flatMap((run) => run.toSorted((one, other) => (one.destination < other.destination ? -1 : 1)));
  const user = {
    ...process?.user,
    additionalGids: process?.user?.additionalGids?.toSorted((one, other) => one - other),
  };
  const rlimits = process?.rlimits?.toSorted((one, other) => (one.type < other.type ? -1 : 1));
  const json = stringifyJson({
    ...spec,
    process: { ...process, rlimits, user },
    root: { ...root, path: "ROOT" },
    mounts: sorted.map(ordered),
  });
  return parseJson(json);
}

/** A mount point as `docker inspect` tells of it. */
function toldOfMount({ Type, Name, Source, Destination, Driver, Mode, RW, Propagation }: MountPoint): RecordedMount {
  return { Type, ...(Name && { Name }), Source, Destination, ...(Driver && { Driver }), Mode, RW, Propagation };
}

/** The same members in the same order, with the same values. */
function expectSame(ours: object, genuine: object): void {
  expect(ours).toEqual(genuine);
  expect(Object.keys(ours)).toEqual(Object.keys(genuine));
}

/** What of a config the daemon says that creates the container; the genuine one has no bridge here, and so nothing for networks. */
function ofDaemon({ Hostname, NetworkDisabled }: ContainerConfig): ContainerConfig {
  return { Hostname: Hostname ?? "", NetworkDisabled: NetworkDisabled ?? false };
}

/**
 * What differs in the genuine one's record: its runtime, which is the recorder; and ulimits, to which at the start it adds the daemon's own,
 * so that the container keeps them when the daemon has others.
 */
function ofRecorder({ HostConfig }: ContainerCreateRequest): HostConfig {
  return { Runtime: "runc", Ulimits: HostConfig?.Ulimits ?? null };
}

function byDestination(one: RecordedMount, other: RecordedMount): number {
  return one.Destination < other.Destination ? -1 : 1;
}
