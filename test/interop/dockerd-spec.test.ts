/**
 * The OCI spec that our dockerd makes of a request, beside the genuine dockerd's of the same request. What may differ is said in
 * spec-comparison.ts, once; nothing else does.
 */
import type { ContainerCreateRequest, HostConfig } from "@eras/docker-2019/engine-api/container-config.ts";
import { afterAll, beforeAll, describe, test } from "vitest";
import { missing } from "../harness/runtime-under-test.ts";
import { blockDevice, type CaseHost, specCases } from "./dockerd-spec-cases.ts";
import { type DaemonCase, SpecComparison } from "./spec-comparison.ts";

const NOBODY_YET = { dir: "", disk: blockDevice(), sharedDir: "", peer: "", volumes: "" };

describe("the spec of a container, beside the genuine dockerd's,", () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  describe("of a daemon that was told nothing:", () => {
    let comparison: SpecComparison;
    let host: CaseHost;
    beforeAll(async () => {
      comparison = await SpecComparison.start();
      host = comparison.prepareHost();
    });
    afterAll(() => comparison.stop());

    test.each(specCases(NOBODY_YET).map(({ name }, index) => [name, index] as const))("%s", (_, index) =>
      comparison.compare(specCases(host)[index]!),
    );
  });

  describe("that can't be made is refused in the same words:", () => {
    let comparison: SpecComparison;
    beforeAll(async () => {
      comparison = await SpecComparison.start();
    });
    afterAll(() => comparison.stop());

    const device = (PathOnHost: string) => [{ PathOnHost, PathInContainer: "/dev/x", CgroupPermissions: "rwm" }];
    const cases: readonly (readonly [name: string, request: ContainerCreateRequest])[] = [
      ["-u", { User: "nosuch" }],
      ["-u, with a group", { User: "root:nosuch" }],
      ["-u, of too large a number", { User: "2147483648" }],
      ["-u, of a negative one", { User: "-1" }],
      ["--group-add", { HostConfig: { GroupAdd: ["nosuch"] } }],
      ["--group-add, of too large a number", { HostConfig: { GroupAdd: ["2147483648"] } }],
      ["--device, of nothing", { HostConfig: { Devices: device("/none/such") } }],
      ["--device, of a file", { HostConfig: { Devices: device("/etc/passwd") } }],
      ["--device, of a directory without one", { HostConfig: { Devices: device("/etc") } }],
      ["--device-cgroup-rule", { HostConfig: { DeviceCgroupRules: ["c 1:2"] } }],
      ["--gpus", { HostConfig: { DeviceRequests: [{ ...NO_DEVICE, Capabilities: [["gpu", "x"], ["y"]] }] } }],
      ["--gpus, of a driver", { HostConfig: { DeviceRequests: [{ ...NO_DEVICE, Driver: "some" }] } }],
      ["--device-read-bps", { HostConfig: { BlkioDeviceReadBps: [{ Path: "/none/such", Rate: 1 }] } }],
      ["--cpu-shares", { HostConfig: { CpuShares: -1 } }],
      ["--tmpfs", { HostConfig: { Tmpfs: { "/run": "what" } } }],
      ["--tmpfs, with a value", { HostConfig: { Tmpfs: { "/run": "what=1,size=2m" } } }],
      ["-v, shared", { HostConfig: { Binds: ["/proc:/mnt:shared"] } }],
      ["-v, slave", { HostConfig: { Binds: ["/proc:/mnt:rslave"] } }],
      ["--security-opt seccomp", { HostConfig: { SecurityOpt: [`seccomp=${TWO_ARCHITECTURES}`] } }],
      ["--security-opt seccomp, of both names", { HostConfig: { SecurityOpt: [`seccomp=${TWO_NAMES}`] } }],
    ];
    test.each(cases)("%s", (_, request) => comparison.compareRefusal(ofBusybox(request)));
  });

  describe("of a daemon that was told everything:", () => {
    let comparison: SpecComparison;
    beforeAll(async () => {
      comparison = await SpecComparison.start(TOLD_EVERYTHING);
    });
    afterAll(() => comparison.stop());

    const cases: readonly (readonly [name: string, hostConfig: HostConfig])[] = [
      ["nothing", {}],
      ["--privileged", { Privileged: true }],
      ["--init=false", { Init: false }],
      ["--ulimit", { Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }] }],
      ["--cgroup-parent", { CgroupParent: "own.slice" }],
      ["--security-opt", { SecurityOpt: ["no-new-privileges=false", "seccomp=unconfined"] }],
      ["--ipc and --shm-size", { IpcMode: "private", ShmSize: 1 << 20 }],
      ["--log-opt", { LogConfig: { Type: "json-file", Config: { "max-file": "5" } } }],
      ["--log-driver", { LogConfig: { Type: "none", Config: {} } }],
      ["--cgroupns", { CgroupnsMode: "host" }],
    ];
    test.each(cases)("%s", (_, HostConfig) =>
      comparison.compare({ request: ofBusybox({ HostConfig }), version: "1.41" }),
    );
  });

  describe("of a daemon with --userns-remap:", () => {
    let comparison: SpecComparison;
    beforeAll(async () => {
      comparison = await SpecComparison.start(REMAPPED);
    });
    afterAll(() => comparison.stop());

    const cases: readonly (readonly [name: string, request: ContainerCreateRequest])[] = [
      ["nothing", {}],
      ["--userns host", { HostConfig: { UsernsMode: "host" } }],
      ["--userns host --privileged", { HostConfig: { UsernsMode: "host", Privileged: true } }],
      ["-u", { User: "nobody" }],
      ["-v", { HostConfig: { Binds: ["/proc/sys:/mnt", "named:/vol:ro"] } }],
      ["--network none", { HostConfig: { NetworkMode: "none" } }],
    ];
    test.each(cases)("%s", (_, request) => comparison.compare({ request: ofBusybox(request), version: "1.41" }));
  });
});

function ofBusybox(request: ContainerCreateRequest): ContainerCreateRequest {
  return { Image: "busybox", Cmd: ["true"], ...request };
}

const NO_DEVICE = { Driver: "", Count: 0, DeviceIDs: null, Capabilities: [], Options: null };
const TWO_ARCHITECTURES = JSON.stringify({
  defaultAction: "SCMP_ACT_ALLOW",
  architectures: ["SCMP_ARCH_X86"],
  archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: [] }],
});
const TWO_NAMES = JSON.stringify({
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ name: "a", names: ["b"], action: "SCMP_ACT_ERRNO" }],
});

const NOFILE = { Name: "nofile", Soft: 100, Hard: 200 };
const CORE = { Name: "core", Soft: -1, Hard: -1 };

const TOLD_EVERYTHING: DaemonCase = {
  flags: [
    ...["--exec-opt", "native.cgroupdriver=systemd", "--cgroup-parent", "eras.slice", "--init", "--no-new-privileges"],
    ...["--default-ulimit", "nofile=100:200", "--default-ulimit", "core=-1:-1"],
    ...["--default-ipc-mode", "shareable", "--default-shm-size", "32m", "--default-cgroupns-mode", "private"],
    ...["--log-opt", "max-size=1m", "--log-opt", "max-file=2"],
  ],
  defaults: {
    cgroupDriver: "systemd",
    ipcMode: "shareable",
    shmSize: 32 << 20,
    cgroupnsMode: "private",
    logConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } },
  },
  options: {
    cgroupDriver: "systemd",
    cgroupParent: "eras.slice",
    init: true,
    noNewPrivileges: true,
    defaultUlimits: [NOFILE, CORE],
  },
};

const MAPPING = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
const REMAPPED: DaemonCase = {
  flags: ["--userns-remap", "daemon"],
  subordinateIds: "daemon:100000:65536\n",
  subdirectory: "100000.100000",
  defaults: { isRemapped: true },
  options: { idMappings: { uids: MAPPING, gids: MAPPING } },
};
