/**
 * The OCI spec that our dockerd makes of a request, beside the genuine dockerd's of the same request. What may differ is said below, once;
 * nothing else does.
 */
import { execFileSync } from "node:child_process";
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
import { resolvedMount } from "@eras/docker-2019/dockerd/spec/resolved-mount.ts";
import { createSpec, type JoinedNamespaces, type SpecParts } from "@eras/docker-2019/dockerd/spec/spec.ts";
import type {
  ContainerConfig,
  ContainerCreateRequest,
  HostConfig,
} from "@eras/docker-2019/engine-api/container-config.ts";
import { MS_BIND, MS_SHARED, mount, umount } from "@eras/linux/mount.ts";
import { parseJson, stringifyJson } from "@eras/oci-spec/exact-json.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "../harness/runtime-under-test.ts";
import { type SpecCase, specCases } from "./dockerd-spec-cases.ts";
import { BUSYBOX_CONFIG, IMAGE_CONFIG, type Recorded, type RecordedMount, SpecRecorder } from "./spec-recorder.ts";

/** A disk of this host; nothing is done to it. */
function blockDevice(): string | undefined {
  const [disk] = execFileSync("find", ["/dev", "-maxdepth", "1", "-type", "b"], { encoding: "utf8" })
    .split("\n")
    .sort();
  return disk || undefined;
}

/**
 * What may differ:
 *
 * - the root: the genuine one's is not mounted any more when it is compared;
 * - hooks: the genuine one's calls its own libnetwork;
 * - the order of mounts of one depth, which in the original is that of a map's members, different each time.
 */
function comparable({ hooks: _, root, mounts = [], ...spec }: Spec): unknown {
  const depth = ({ destination }: Mount) => destination.split("/").length;
  const runs: Mount[][] = [];
  for (const mount of mounts) {
    if (runs.length > 0 && depth(runs.at(-1)![0]!) === depth(mount)) runs.at(-1)!.push(mount);
    else runs.push([mount]);
  }
  const sorted = runs.flatMap((run) => run.toSorted((one, other) => (one.destination < other.destination ? -1 : 1)));
  const json = stringifyJson({ ...spec, root: { ...root, path: "ROOT" }, mounts: sorted });
  return parseJson(json);
}

/** A mount point as `docker inspect` tells of it. */
function toldOfMount({ Type, Name, Source, Destination, Driver, Mode, RW, Propagation }: MountPoint): RecordedMount {
  return { Type, ...(Name && { Name }), Source, Destination, ...(Driver && { Driver }), Mode, RW, Propagation };
}

/** What a record says, without what says nothing: in Go's JSON, nothing is null, empty or zero. */
function told(record: object): unknown {
  const says = (value: unknown) =>
    value !== null &&
    value !== 0 &&
    value !== "" &&
    value !== false &&
    !(typeof value === "object" && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(record).filter(([name, value]) => says(value) && name !== "ConsoleSize"));
}

/** What of a config the daemon says that creates the container; the genuine one has no bridge here, and so nothing for networks. */
function ofDaemon({ Hostname, NetworkDisabled }: ContainerConfig): ContainerConfig {
  return { Hostname: Hostname ?? "", NetworkDisabled: NetworkDisabled ?? false };
}

function byDestination(one: RecordedMount, other: RecordedMount): number {
  return one.Destination < other.Destination ? -1 : 1;
}

const NOBODY_YET = { dir: "", disk: "", sharedDir: "", peer: "", volumes: "" };

describe("createSpec(), beside the genuine dockerd,", () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let recorder: SpecRecorder;
  let cases: SpecCase[];
  let daemon: DaemonDefaults;
  let peerPid: number;
  let peerId: string;

  beforeAll(async () => {
    recorder = await SpecRecorder.start();
    daemon = standardDefaults(recorder.dataRoot, hostSupport());
    const { dir } = recorder.place;
    const sharedDir = join(dir, "shared");
    mkdirSync(join(dir, "bound"));
    writeFileSync(join(dir, "bound/file"), "");
    symlinkSync("/dev/zero", join(dir, "bound/link"));
    mkdirSync(sharedDir);
    mount(sharedDir, sharedDir, null, MS_BIND, null);
    mount(null, sharedDir, null, MS_SHARED, null);
    peerId = recorder.docker.docker([
      "run",
      "-d",
      "--ipc=shareable",
      "--cgroup-parent",
      recorder.place.cgroupParent,
      "busybox",
      "sleep",
      "600",
    ]);
    peerPid = Number(recorder.docker.docker(["inspect", "-f", "{{.State.Pid}}", peerId]));
    const volumes = recorder.docker.docker(["create", ...volumeBinds().flatMap((bind) => ["-v", bind]), "busybox"]);
    cases = specCases({ dir: join(dir, "bound"), disk: blockDevice(), sharedDir, peer: peerId, volumes });
  });
  afterAll(async () => {
    umount(join(recorder.place.dir, "shared"));
    await recorder.stop();
  });

  test.each(specCases({ ...NOBODY_YET, disk: blockDevice() }).map(({ name }, index) => [name, index] as const))(
    "%s",
    async (_, index) => {
      const { request, version } = cases[index]!;
      const recorded = await recorder.record(request, version);
      const { config, hostConfig } = complete(request, version);
      expect(told(hostConfig)).toEqual(told({ ...recorded.hostConfig, Runtime: "runc" }));
      expect(told({ ...config, ...ofDaemon(recorded.config) })).toEqual(told(recorded.config));
      const ours = { ...recorded, config: { ...config, ...ofDaemon(recorded.config) }, hostConfig };
      const points = mountPointsOf(ours);
      expect(points.map(toldOfMount).sort(byDestination)).toEqual(recorded.mounts.toSorted(byDestination));
      expect(comparable(createSpec(partsOf(ours, points)))).toEqual(comparable(recorded.spec));
    },
  );

  function complete(request: ContainerCreateRequest, apiVersion: string): CheckedRequest {
    const image = request.Image === "configured" ? IMAGE_CONFIG : BUSYBOX_CONFIG;
    const checked = checkRequest(request, {
      apiVersion,
      daemon,
      idOf: (name) => (name === peerId ? peerId : undefined),
    });
    return completeRequest(checked, image, daemon);
  }

  /** What our daemon would have: the record, and files where the genuine one has them. */
  function partsOf({ id, config, hostConfig, files }: Recorded, points: readonly MountPoint[]): SpecParts {
    return {
      id,
      rootfs: recorder.rootfs,
      config,
      hostConfig,
      files: Object.fromEntries(Object.entries(files).filter(([, path]) => path !== "")),
      mountPoints: points.map(resolvedMount),
      ...shmPath(id, hostConfig.IpcMode!),
      join: joined(hostConfig),
      initPath: "/usr/bin/docker-init",
      daemon: { dataRoot: recorder.dataRoot, cgroupDriver: "cgroupfs" },
    };
  }

  /** Ours, with the genuine one's names for anonymous volumes. */
  function mountPointsOf({ config, hostConfig, mounts }: Recorded): MountPoint[] {
    const ofOthers = () =>
      mountPointsOfHostConfig({ Binds: volumeBinds() }, () => [], recorder.dataRoot).map(withVolume);
    const points = mountPointsOfHostConfig(hostConfig, ofOthers, recorder.dataRoot);
    return [...points, ...anonymousVolumes(config.Volumes ?? {}, points, "")].map((point) => {
      const isNamed = point.Spec.Source !== undefined;
      const Name = isNamed
        ? point.Name
        : (mounts.find(({ Destination }) => Destination === point.Destination)?.Name ?? "");
      return withVolume({ ...point, Name });
    });
  }

  /** What the local driver says of a volume. */
  function withVolume(point: MountPoint): MountPoint {
    if (point.Type !== "volume") return point;
    return {
      ...point,
      Driver: "local",
      Source: join(recorder.dataRoot, "volumes", point.Name, "_data"),
    };
  }

  function volumeBinds(): string[] {
    return [`${recorder.place.dir}/bound:/from`, "named:/vol"];
  }

  function shmPath(id: string, ipcMode: string): Pick<SpecParts, "shmPath"> {
    const shmOf = (owner: string) => join(recorder.dataRoot, "containers", owner, "mounts/shm");
    if (ipcMode === "shareable") return { shmPath: shmOf(id) };
    return ipcMode.startsWith("container:") ? { shmPath: shmOf(peerId) } : {};
  }

  function joined({ NetworkMode = "", PidMode = "", IpcMode = "" }: HostConfig): JoinedNamespaces {
    const isOfPeer = (mode: string) => mode.startsWith("container:");
    return {
      ...(NetworkMode === "host" && { network: join(recorder.place.dir, "exec/netns/default") }),
      ...(isOfPeer(NetworkMode) && { network: `/proc/${peerPid}/ns/net` }),
      ...(isOfPeer(PidMode) && { pid: `/proc/${peerPid}/ns/pid` }),
      ...(isOfPeer(IpcMode) && { ipc: `/proc/${peerPid}/ns/ipc` }),
    };
  }
});
