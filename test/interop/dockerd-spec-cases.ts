/** Requests for containers, one an option or a few together, of which the specs are compared. */
import { execFileSync } from "node:child_process";
import type { ContainerCreateRequest, HostConfig } from "@eras/docker-2019/engine-api/container-config.ts";

export interface SpecCase {
  readonly name: string;
  readonly request: ContainerCreateRequest;
  readonly version: string;
}

/** What of the host and of the session the requests name. */
export interface CaseHost {
  /** A directory of the host with a file in it. */
  readonly dir: string;
  /** A block device, for limits of its throughput. */
  readonly disk: string | undefined;
  /** Whether mounts below `dir` spread. */
  readonly sharedDir: string;
  /** A running container. */
  readonly peer: string;
  /** One with volumes. */
  readonly volumes: string;
}

/** A disk of this host; nothing is done to it. */
export function blockDevice(): string | undefined {
  const [disk] = execFileSync("find", ["/dev", "-maxdepth", "1", "-type", "b"], { encoding: "utf8" })
    .split("\n")
    .sort();
  return disk || undefined;
}

export function specCases({ dir, disk, sharedDir, peer, volumes }: CaseHost): SpecCase[] {
  const cases: Omit<SpecCase, "version">[] = [];
  const add = (name: string, request: ContainerCreateRequest) =>
    cases.push({ name, request: { Image: "busybox", Cmd: ["true"], ...request } });
  const host = (name: string, HostConfig: HostConfig) => add(name, { HostConfig });

  add("nothing", {});
  add("-t", { Tty: true });
  add("a command and its arguments", { Cmd: ["sh", "-c", "echo 'a b'"] });
  add("the image's command", { Cmd: null });
  add("--entrypoint", { Entrypoint: ["/bin/sleep"], Cmd: ["100"] });
  add("--entrypoint alone", { Entrypoint: ["/bin/ls"], Cmd: null });
  add('--entrypoint ""', { Entrypoint: [""], Cmd: ["ls"] });
  add("-w", { WorkingDir: "/tmp" });
  add("-e", { Env: ["A=b", "EMPTY=", "PATH=/own", "A=c", "UNSET"] });
  add("-e HOSTNAME", { Env: ["HOSTNAME"] });
  add("-e, twice the same of the daemon's", { Env: ["PATH=/a", "PATH=/b", "TERM=dumb"], Tty: true });
  add("-h", { Hostname: "web" });
  add("-h and --domainname", { Hostname: "web", Domainname: "example.org" });
  for (const User of [
    "0",
    "root",
    "1000",
    "1000:",
    "1000:50",
    "nobody",
    "nobody:root",
    "nobody:nogroup",
    ":33",
    "65534",
  ])
    add(`-u ${User}`, { User });
  host("--group-add", { GroupAdd: ["33", "nogroup", "33"] });
  add("--group-add with -u", { User: "nobody", HostConfig: { GroupAdd: ["root", "7"] } });

  host("--privileged", { Privileged: true });
  host("--privileged with everything that it overrides", {
    Privileged: true,
    CapDrop: ["ALL"],
    ReadonlyRootfs: true,
    SecurityOpt: ["no-new-privileges"],
    Devices: [
      { PathOnHost: "/dev/null", PathInContainer: "/dev/null", CgroupPermissions: "r" },
      { PathOnHost: "/dev/zero", PathInContainer: "/dev/nought", CgroupPermissions: "r" },
    ],
    DeviceCgroupRules: ["c 1:3 r"],
  });
  add("--privileged with -u", { User: "nobody", HostConfig: { Privileged: true } });
  host("--privileged with masked paths", {
    Privileged: true,
    MaskedPaths: ["/proc/kcore"],
    ReadonlyPaths: ["/proc/sys"],
  });
  host("masked and read-only paths, none", { MaskedPaths: [], ReadonlyPaths: [] });
  host("masked and read-only paths", { MaskedPaths: ["/proc/a"], ReadonlyPaths: ["/proc/b"] });
  const caps: [string[], string[]][] = [
    [["SYS_ADMIN"], ["MKNOD"]],
    [["net_admin", "CAP_SYS_TIME"], []],
    [[], ["ALL"]],
    [["CHOWN"], ["ALL"]],
    [["ALL"], []],
    [["ALL"], ["SYS_ADMIN", "cap_sys_chroot"]],
    [["CHOWN"], ["CHOWN"]],
    [["DAC_READ_SEARCH", "SYS_BOOT", "SYS_MODULE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO"], []],
    [["SYS_TTY_CONFIG", "SYS_NICE", "SYSLOG"], ["SYS_CHROOT"]],
  ];
  for (const [CapAdd, CapDrop] of caps) host(`--cap-add ${CapAdd} --cap-drop ${CapDrop}`, { CapAdd, CapDrop });
  add("--cap-add with -u", { User: "1000", HostConfig: { CapAdd: ["NET_ADMIN"] } });

  host("-v, a bind", { Binds: [`${dir}:/mnt`] });
  host("-v, read-only", { Binds: [`${dir}:/mnt:ro`] });
  host("-v, a file", { Binds: [`${dir}/file:/etc/motd:ro,z`] });
  host("-v, a named volume", { Binds: ["named:/vol"] });
  host("-v, a named volume, read-only", { Binds: ["named:/vol:ro,nocopy"] });
  add("-v, an anonymous volume", { Volumes: { "/data": {}, "/data/inner/": {} } });
  host("-v, several, of several depths", {
    Binds: [`${dir}:/a/b/c`, "named:/a", `${dir}/file:/a/b/file`, `${dir}:/mnt`],
  });
  host("-v over /dev/shm", { Binds: [`${dir}:/dev/shm`] });
  host("-v over /dev", { Binds: [`${dir}:/dev`] });
  host("-v over /sys, --read-only", { Binds: [`${dir}:/sys`], ReadonlyRootfs: true });
  host("-v over the files of /etc", { Binds: [`${dir}/file:/etc/hosts`, `${dir}/file:/etc/resolv.conf:ro`] });
  for (const propagation of ["private", "rprivate", "slave", "rslave", "shared", "rshared"])
    host(`-v, ${propagation}`, { Binds: [`${sharedDir}:/mnt:${propagation}`] });
  host("-v, shared and slave", { Binds: [`${sharedDir}:/a:slave`, `${sharedDir}:/b:shared`] });
  host("--volumes-from", { VolumesFrom: [volumes] });
  host("--volumes-from, read-only", { VolumesFrom: [`${volumes}:ro`] });
  host("--volumes-from, overridden", { VolumesFrom: [volumes], Binds: [`${dir}:/from`] });
  host("--mount bind", { Mounts: [{ Type: "bind", Source: dir, Target: "/mnt/" }] });
  host("--mount bind, read-only, not recursive", {
    Mounts: [{ Type: "bind", Source: dir, Target: "/mnt", ReadOnly: true, BindOptions: { NonRecursive: true } }],
  });
  host("--mount bind, rslave", {
    Mounts: [{ Type: "bind", Source: sharedDir, Target: "/mnt", BindOptions: { Propagation: "rslave" } }],
  });
  host("--mount volume", {
    Mounts: [{ Type: "volume", Source: "named", Target: "/vol", VolumeOptions: { NoCopy: true } }],
  });
  host("--mount tmpfs", { Mounts: [{ Type: "tmpfs", Target: "/run" }] });
  host("--mount tmpfs, with all its options", {
    Mounts: [{ Type: "tmpfs", Target: "/run", ReadOnly: true, TmpfsOptions: { SizeBytes: 3 << 20, Mode: 0o1770 } }],
  });
  host("--mount tmpfs of odd sizes", {
    Mounts: [
      { Type: "tmpfs", Target: "/a", TmpfsOptions: { SizeBytes: 1 << 30 } },
      { Type: "tmpfs", Target: "/b", TmpfsOptions: { SizeBytes: 4096 } },
      { Type: "tmpfs", Target: "/c", TmpfsOptions: { SizeBytes: 1001 } },
    ],
  });
  host("--tmpfs", { Tmpfs: { "/run": "" } });
  host("--tmpfs with options", { Tmpfs: { "/run": "size=1m,exec,mode=700,shared,defaults,size=2m,ro,relatime" } });
  host("--tmpfs over /dev/shm", { Tmpfs: { "/dev/shm": "size=1m" } });

  host("--read-only", { ReadonlyRootfs: true });
  host("--read-only with mounts", { ReadonlyRootfs: true, Binds: [`${dir}:/mnt`], Tmpfs: { "/run": "" } });
  host("--shm-size", { ShmSize: 32 << 20 });
  host("--init", { Init: true });
  add("--init, with an entrypoint", { Entrypoint: ["sh", "-c"], Cmd: ["true"], HostConfig: { Init: true } });
  host("--init with --pid host", { Init: true, PidMode: "host" });
  host("--init=false", { Init: false });
  host("--oom-score-adj", { OomScoreAdj: -500 });
  host("--ulimit", {
    Ulimits: [
      { Name: "nofile", Soft: 100, Hard: 200 },
      { Name: "core", Soft: -1, Hard: -1 },
      { Name: "NPROC", Soft: 0, Hard: 7 },
    ],
  });
  host("--sysctl", { Sysctls: { "net.ipv4.ip_forward": "0", "net.ipv4.ip_unprivileged_port_start": "1024" } });
  host("--cgroup-parent", { CgroupParent: "/of/mine/" });
  host("--cgroup-parent, relative", { CgroupParent: "of/../mine" });
  host("--cgroupns private", { CgroupnsMode: "private" });
  host("--cgroupns host", { CgroupnsMode: "host" });

  host("--network none", { NetworkMode: "none" });
  host("--network host", { NetworkMode: "host" });
  host("--network container", { NetworkMode: `container:${peer}` });
  add("without any network", { NetworkDisabled: true });
  host("--pid host", { PidMode: "host" });
  host("--pid container", { PidMode: `container:${peer}` });
  for (const IpcMode of ["host", "none", "shareable", "private"]) host(`--ipc ${IpcMode}`, { IpcMode });
  host("--ipc container", { IpcMode: `container:${peer}` });
  host("--uts host", { UTSMode: "host" });
  host("all namespaces of the host's", { NetworkMode: "host", PidMode: "host", IpcMode: "host", UTSMode: "host" });

  for (const option of ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=false", "seccomp=unconfined"])
    host(`--security-opt ${option}`, { SecurityOpt: [option] });
  for (const option of ["apparmor=unconfined", "apparmor:mine", "label=disable", "label=type:svirt_t", "disable"])
    host(`--security-opt ${option}`, { SecurityOpt: [option] });
  for (const [name, profile] of Object.entries(SECCOMP_PROFILES))
    host(`--security-opt seccomp, ${name}`, { SecurityOpt: [`seccomp=${JSON.stringify(profile)}`] });
  host("--security-opt seccomp, with a capability that it asks for", {
    SecurityOpt: [`seccomp=${JSON.stringify(SECCOMP_PROFILES.conditions)}`],
    CapAdd: ["SYS_TIME"],
  });

  host("-m", { Memory: 64 << 20 });
  host("-m and --memory-swap", { Memory: 64 << 20, MemorySwap: 100 << 20 });
  host("-m and --memory-swap -1", { Memory: 64 << 20, MemorySwap: -1 });
  host("all limits of memory", {
    Memory: 64 << 20,
    MemoryReservation: 32 << 20,
    MemorySwappiness: 10,
    OomKillDisable: true,
    KernelMemoryTCP: 16 << 20,
  });
  host("--oom-kill-disable, without a limit", { OomKillDisable: true });
  host("-p with --network host", { NetworkMode: "host", PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "80" }] } });
  host("--memory-swappiness 0", { MemorySwappiness: 0 });
  host("--memory-swappiness -1", { MemorySwappiness: -1 });
  host("--kernel-memory", { KernelMemory: 50 << 20 });
  host("--cpus", { NanoCpus: 0.5e9 });
  host("--cpus, an odd part", { NanoCpus: 1234567890 });
  host("all limits of the processor", {
    CpuShares: 512,
    CpuPeriod: 50_000,
    CpuQuota: 25_000,
    CpusetCpus: "0-1",
    CpusetMems: "0",
  });
  for (const PidsLimit of [50, 0, -1]) host(`--pids-limit ${PidsLimit}`, { PidsLimit });
  host("--blkio-weight", { BlkioWeight: 300 });
  if (disk !== undefined) {
    const throttled = (Rate: number) => [{ Path: disk, Rate }];
    host("all limits of a disk", {
      BlkioWeightDevice: [{ Path: disk, Weight: 200 }],
      BlkioDeviceReadBps: throttled(1 << 20),
      BlkioDeviceWriteBps: throttled(2 << 20),
      BlkioDeviceReadIOps: throttled(100),
      BlkioDeviceWriteIOps: throttled(200),
    });
  }

  host("--device", { Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/xnull", CgroupPermissions: "rwm" }] });
  host("--device, by a link", {
    Devices: [{ PathOnHost: `${dir}/link`, PathInContainer: "/dev/x", CgroupPermissions: "r" }],
  });
  host("--device, a directory", {
    Devices: [{ PathOnHost: "/dev/net", PathInContainer: "/dev/nets", CgroupPermissions: "rw" }],
  });
  host("--device-cgroup-rule", { DeviceCgroupRules: ["c 10:200 rwm", "b *:* r", "a 7:* w", "c 4:* mr"] });

  const image = (name: string, request: ContainerCreateRequest) =>
    add(`image: ${name}`, { Image: "configured", Cmd: null, ...request });
  image("nothing else", {});
  image("a command", { Cmd: ["other"] });
  image("an entrypoint", { Entrypoint: ["/bin/sh"] });
  image('--entrypoint ""', { Entrypoint: [""], Cmd: ["ls"] });
  image("an empty entrypoint", { Entrypoint: [], Cmd: ["ls"] });
  image("all that it says, otherwise", {
    User: "1000",
    ExposedPorts: { "80/tcp": {}, "8080/tcp": {} },
    Env: ["BOTH=own", "OWN=yes", "IMAGE"],
    Cmd: ["own"],
    Healthcheck: { Test: ["CMD-SHELL", "false"], Retries: 7 },
    Volumes: { "/own": {} },
    WorkingDir: "/own",
    Labels: { b: "own", c: "own" },
    StopSignal: "9",
  });
  image("no healthcheck", { Healthcheck: { Test: ["NONE"] } });
  image("a volume at its volume's place", { HostConfig: { Binds: ["named:/data"] } });
  host("--restart", { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } });
  host("--log-opt", { LogConfig: { Type: "", Config: { "max-size": "1m" } } });
  host("--log-driver none", { LogConfig: { Type: "none", Config: null } });
  host("-p", { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8000-8010" }], "53/udp": [] } });
  host("--cpu-shares 1", { CpuShares: 1 });
  for (const version of ["1.24", "1.30", "1.39", "1.40"])
    add(`API ${version}`, {
      HostConfig: {
        AutoRemove: version === "1.24", // there the client removes it; later it would be gone before it is looked at
        KernelMemoryTCP: 16 << 20,
        PidsLimit: -1,
        Mounts: [{ Type: "bind", Source: dir, Target: "/mnt", BindOptions: { NonRecursive: true } }],
      },
    });
  return cases.map((one) => ({ ...one, version: /^API (.*)/.exec(one.name)?.[1] ?? "1.41" }));
}

/** Of the kinds that a profile may be of. */
const SECCOMP_PROFILES = {
  empty: {},
  "no rules": { defaultAction: "SCMP_ACT_ALLOW" },
  "architectures of its own": { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86"], syscalls: [] },
  "single names": {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [
      { name: "chmod", action: "SCMP_ACT_ERRNO", args: [] },
      { names: ["fchmod", "fchmodat"], action: "SCMP_ACT_ERRNO", errnoRet: 5, comment: "no" },
      { name: "kill", action: "SCMP_ACT_ERRNO", args: [{ index: 1, value: 9, valueTwo: 0, op: "SCMP_CMP_EQ" }] },
    ],
  },
  conditions: {
    defaultAction: "SCMP_ACT_ERRNO",
    archMap: [
      { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] },
      { architecture: "SCMP_ARCH_AARCH64", subArchitectures: null },
    ],
    syscalls: [
      { names: ["a"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_SYS_TIME"] } },
      { names: ["b"], action: "SCMP_ACT_ALLOW", excludes: { caps: ["CAP_SYS_TIME"] } },
      { names: ["c"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_CHOWN", "CAP_SYS_TIME"] } },
      { names: ["d"], action: "SCMP_ACT_ALLOW", includes: { arches: ["amd64", "arm64"] } },
      { names: ["e"], action: "SCMP_ACT_ALLOW", excludes: { arches: ["amd64", "arm64"] } },
      { names: ["f"], action: "SCMP_ACT_ALLOW", includes: { minKernel: "4.8" } },
      { names: ["g"], action: "SCMP_ACT_ALLOW", includes: { minKernel: "99.0" } },
      { names: ["h"], action: "SCMP_ACT_ALLOW", excludes: { minKernel: "3.0" } },
      { names: ["i"], action: "SCMP_ACT_ALLOW", includes: {}, excludes: {}, args: null },
    ],
  },
} as const;
