/** Whether what a container asks of this host makes sense, and can be had here. */
import { isIP } from "node:net";
import { Internal, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { HostConfig, RestartPolicy } from "../../engine-api/container-config.ts";
import { capabilityNames } from "../spec/capabilities.ts";
import type { DaemonDefaults } from "./daemon-defaults.ts";
import { targetProblem, verifyMount } from "./mount-config.ts";
import { verifyPortBindings } from "./ports.ts";
import { type Verified, verifyResources } from "./verify-resources.ts";

/** In /etc/hosts it becomes the address that the host has in the container's network. */
const HOST_GATEWAY = "host-gateway";
const OOM_SCORE_RANGE = 1000;
const SLICE = ".slice";

/**
 * Checks all of it.
 *
 * @returns It without what this host's control groups don't know, and with a runtime.
 * @throws {InvalidArgument} In the original's words; {Internal} for an isolation, as the original has it.
 */
export function verifyHostConfig(
  hostConfig: HostConfig,
  daemon: DaemonDefaults,
  { isUpdate }: { isUpdate: boolean },
): Verified<HostConfig> {
  verifyEverywhere(hostConfig);
  const { value, warnings } = verifyResources(hostConfig, daemon.support, { isUpdate });
  return { value: verifyOnLinux(value, daemon), warnings: [...warnings, ...warningsOf(value, daemon)] };
}

/** What has nothing to do with the host. */
function verifyEverywhere(hostConfig: HostConfig): void {
  const { AutoRemove, RestartPolicy, Mounts, ExtraHosts, PortBindings, CapAdd, CapDrop, Isolation = "" } = hostConfig;
  if (AutoRemove && restarts(RestartPolicy))
    throw new InvalidArgument("can't create 'AutoRemove' container with restart policy");
  for (const mount of Mounts ?? []) verifyMount(mount, { mayBeMissing: false });
  for (const host of ExtraHosts ?? []) verifyExtraHost(host);
  verifyPortBindings(PortBindings);
  if (!["", "default"].includes(Isolation.toLowerCase()))
    throw new Internal(`Invalid isolation: ${JSON.stringify(Isolation)} - linux only supports 'default'`);
  if (RestartPolicy) verifyRestartPolicy(RestartPolicy);
  verifyCapabilities("CapAdd", CapAdd ?? []);
  verifyCapabilities("CapDrop", CapDrop ?? []);
}

/** Whether a container is started again by itself. */
export function restarts(policy: RestartPolicy | undefined): boolean {
  return policy !== undefined && policy.Name !== "" && policy.Name !== "no";
}

function verifyExtraHost(text: string): void {
  const [name, ...rest] = text.split(":");
  const address = rest.join(":"); // IPv6 addresses have colons
  if (!name || rest.length === 0) throw new InvalidArgument(`bad format for add-host: ${JSON.stringify(text)}`);
  if (address !== HOST_GATEWAY && isIP(address.trim()) === 0)
    throw new InvalidArgument(`invalid IP address in add-host: ${JSON.stringify(address)}`);
}

function verifyRestartPolicy({ Name, MaximumRetryCount = 0 }: RestartPolicy): void {
  if (!["", "no", "always", "unless-stopped", "on-failure"].includes(Name))
    throw new InvalidArgument(`invalid restart policy '${Name}'`);
  if (Name === "on-failure") {
    if (MaximumRetryCount < 0) throw new InvalidArgument("maximum retry count cannot be negative");
  } else if (Name !== "" && MaximumRetryCount !== 0)
    throw new InvalidArgument(`maximum retry count cannot be used with restart policy '${Name}'`);
}

function verifyCapabilities(member: string, names: readonly string[]): void {
  try {
    capabilityNames(names);
  } catch (cause) {
    throw new InvalidArgument(`invalid ${member}: ${(cause as Error).message}`, { cause });
  }
}

function verifyOnLinux(hostConfig: HostConfig, daemon: DaemonDefaults): HostConfig {
  const { ShmSize = 0, OomScoreAdj = 0, CgroupParent, CgroupnsMode = "", Tmpfs } = hostConfig;
  if (ShmSize < 0) throw new InvalidArgument("SHM size can not be less than 0");
  if (Math.abs(OomScoreAdj) > OOM_SCORE_RANGE)
    throw new InvalidArgument(`Invalid value ${OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  if (daemon.isRemapped && hostConfig.UsernsMode !== "host") verifyRemapped(hostConfig);
  if (CgroupParent && daemon.cgroupDriver === "systemd" && (CgroupParent === SLICE || !CgroupParent.endsWith(SLICE)))
    throw new InvalidArgument('cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"');
  const Runtime = hostConfig.Runtime || daemon.defaultRuntime;
  if (!daemon.runtimes.has(Runtime)) throw new InvalidArgument(`Unknown runtime specified ${Runtime}`);
  for (const path of Object.keys(Tmpfs ?? {})) {
    const problem = targetProblem(path);
    if (problem !== undefined) throw new InvalidArgument(problem);
  }
  if (!["", "host", "private"].includes(CgroupnsMode))
    throw new InvalidArgument(`invalid cgroup namespace mode: ${CgroupnsMode}`);
  return { ...hostConfig, Runtime };
}

/** A user namespace has no power over namespaces of the host's. */
function verifyRemapped({ Privileged, NetworkMode, PidMode }: HostConfig): void {
  if (Privileged)
    throw new InvalidArgument(
      "privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode",
    );
  if (NetworkMode === "host")
    throw new InvalidArgument("cannot share the host's network namespace when user namespaces are enabled");
  if (PidMode === "host")
    throw new InvalidArgument("cannot share the host PID namespace when user namespaces are enabled");
}

function warningsOf({ NetworkMode, PortBindings, CgroupnsMode }: HostConfig, { support }: DaemonDefaults): string[] {
  const isOwnNetwork = NetworkMode !== "host" && NetworkMode !== "none";
  const portsOfHost = NetworkMode === "host" && Object.keys(PortBindings ?? {}).length > 0;
  const noNamespace = CgroupnsMode === "private" && !support.cgroupNamespaces;
  return [
    ...(isOwnNetwork && !support.ipv4Forwarding ? ["IPv4 forwarding is disabled. Networking will not work."] : []),
    ...(portsOfHost ? ["Published ports are discarded when using host network mode"] : []),
    ...(noNamespace ? ["Your kernel does not support cgroup namespaces.  Cgroup namespace setting discarded."] : []),
  ];
}
