/** What dockerd tells of itself: version, info. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { arch, cpus, hostname, release, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { API_VERSION, MIN_API_VERSION } from "../../engine-api/api-version.ts";
import type { Info, Version, VersionComponent } from "../../engine-api/system.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { registryConfig } from "../image/registry-config.ts";
import { hostHasAppArmor } from "../spec/security-opt.ts";
import { REVISION, VERSION } from "../version.ts";
import type { Daemon } from "./daemon.ts";
import { apiWarnings, hostWarnings } from "./info-warnings.ts";
import { initPart } from "./init-version.ts";

const INDEX_SERVER = "https://index.docker.io/v1/";
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const MACHINES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

export async function versionOf(daemon: Daemon): Promise<Version> {
  const details = {
    ApiVersion: API_VERSION,
    Arch: ARCHITECTURES[arch()] ?? arch(),
    BuildTime: "",
    Experimental: String(daemon.options.experimental),
    GitCommit: REVISION,
    GoVersion: `node ${process.version}`,
    KernelVersion: release(),
    MinAPIVersion: MIN_API_VERSION,
    Os: "linux",
  };
  const { Experimental: _, ...flat } = details;
  return {
    Platform: { Name: "docker-eras" },
    Components: [{ Name: "Engine", Version: VERSION, Details: details }, ...(await partsOf(daemon))],
    Version: VERSION,
    ...flat,
  };
}

async function partsOf(daemon: Daemon): Promise<VersionComponent[]> {
  const { version, revision } = await daemon.containerd.version();
  const { defaultRuntime } = daemon.options;
  const runtime = await runtimeVersion(daemon.options.runtimes[defaultRuntime]?.path ?? "");
  return [
    { Name: "containerd", Version: version, Details: { GitCommit: revision } },
    { Name: defaultRuntime, Version: runtime.version, Details: { GitCommit: runtime.commit } },
    ...(await initPart(daemon.options)),
  ];
}

/** What the OCI runtime says of itself: `runc version 1.1.5`, `commit: …`. */
async function runtimeVersion(program: string): Promise<{ readonly version: string; readonly commit: string }> {
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"]);
    const find = (pattern: RegExp) => pattern.exec(stdout)?.[1] ?? "";
    return { version: find(/version (\S+)/), commit: find(/^commit: (\S+)/m) };
  } catch {
    return { version: "", commit: "" }; // it can't be run: a start of a container will say so
  }
}

export async function infoOf(daemon: Daemon): Promise<Info> {
  const { options, containers, events } = daemon;
  const all = containers.list();
  const count = (status: (status: string) => boolean) => all.filter(({ state }) => status(state.status)).length;
  const { revision } = await daemon.containerd.version();
  const runc = await runtimeVersion(options.runtimes[options.defaultRuntime]?.path ?? "");
  const { support } = daemon.defaults;
  const { driver } = daemon.images.layers;
  const info: Info = {
    ID: daemonId(options.dataRoot),
    Containers: all.length,
    ContainersRunning: count((status) => status === "running" || status === "restarting"),
    ContainersPaused: count((status) => status === "paused"),
    ContainersStopped: count((status) => ["created", "exited", "dead"].includes(status)),
    Images: daemon.images.images.ids().length,
    Driver: driver.name,
    DriverStatus: driver.status(),
    Plugins: {
      Volume: ["local"],
      Network: ["bridge", "host", "null"],
      Authorization: null,
      Log: ["json-file", "none"],
    },
    MemoryLimit: support.memoryLimit,
    SwapLimit: support.swapLimit,
    KernelMemory: support.kernelMemory,
    KernelMemoryTCP: support.kernelMemoryTcp,
    CpuCfsPeriod: support.cpuCfs,
    CpuCfsQuota: support.cpuCfs,
    CPUShares: support.cpuShares,
    CPUSet: support.cpuset,
    PidsLimit: support.pidsLimit,
    IPv4Forwarding: readFlag("/proc/sys/net/ipv4/ip_forward"),
    BridgeNfIptables: readFlag("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    BridgeNfIp6tables: readFlag("/proc/sys/net/bridge/bridge-nf-call-ip6tables"),
    Debug: options.debug,
    NFd: -1,
    OomKillDisable: support.oomKillDisable,
    NGoroutines: -1,
    SystemTime: new Date().toISOString(),
    LoggingDriver: options.logDriver,
    CgroupDriver: "cgroupfs",
    CgroupVersion: String(support.cgroupVersion),
    NEventsListener: events.listeners,
    KernelVersion: release(),
    OperatingSystem: operatingSystem(),
    OSType: "linux",
    Architecture: MACHINES[arch()] ?? arch(),
    IndexServerAddress: INDEX_SERVER,
    RegistryConfig: registryConfig(options),
    NCPU: cpus().length,
    MemTotal: totalmem(),
    GenericResources: null,
    DockerRootDir: options.dataRoot,
    HttpProxy: "",
    HttpsProxy: "",
    NoProxy: "",
    Name: hostname(),
    Labels: options.labels,
    ExperimentalBuild: options.experimental,
    ServerVersion: VERSION,
    Runtimes: options.runtimes,
    DefaultRuntime: options.defaultRuntime,
    Swarm: {
      NodeID: "",
      NodeAddr: "",
      LocalNodeState: "inactive",
      ControlAvailable: false,
      Error: "",
      RemoteManagers: null,
    },
    LiveRestoreEnabled: options.liveRestore,
    Isolation: "",
    InitBinary: options.initPath || "docker-init",
    ContainerdCommit: { ID: revision, Expected: revision },
    RuncCommit: { ID: runc.commit, Expected: runc.commit },
    InitCommit: { ID: "", Expected: "" },
    SecurityOptions: securityOptions(daemon),
    ...(options.defaultAddressPools.length > 0 && { DefaultAddressPools: options.defaultAddressPools }),
    Warnings: null,
  };
  const warnings = [...apiWarnings(options), ...hostWarnings(info)];
  return { ...info, Warnings: warnings.length > 0 ? warnings : null };
}

function securityOptions({ options, defaults }: Daemon): string[] {
  return [
    ...(hostHasAppArmor() ? ["name=apparmor"] : []),
    `name=seccomp,profile=${options.seccompProfile || "default"}`,
    ...(defaults.isRemapped ? ["name=userns"] : []),
    ...(defaults.support.cgroupVersion === 2 ? ["name=cgroupns"] : []),
  ];
}

/** Made once, and kept. */
export function daemonId(dataRoot: string): string {
  const path = join(dataRoot, "engine-id");
  if (!existsSync(path)) writeFileAtomic(path, randomUUID(), 0o644);
  return readFileSync(path, "utf8");
}

function readFlag(path: string): boolean {
  try {
    return readFileSync(path, "utf8").trim() === "1";
  } catch {
    return false; // this kernel has no such thing
  }
}

function operatingSystem(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  } catch {
    return "Linux";
  }
}
