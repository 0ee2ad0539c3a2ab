/** Clients of before 1.18 put what is the host's affair beside the config, and not into HostConfig. */
import type { ContainerCreateRequest, HostConfig } from "../../engine-api/container-config.ts";
import { HOST_MEMBERS } from "./requests.ts";

/** Where there is a HostConfig, these count still, if it says nothing of them. */
const COUNTED = ["Memory", "MemorySwap", "CpuShares", "CpusetCpus", "VolumeDriver"] as const;

/** The request as today's clients make it. */
export function withHostConfigInPlace(body: ContainerCreateRequest): ContainerCreateRequest {
  const { Cpuset = "", ...request } = body as ContainerCreateRequest & { readonly Cpuset?: string };
  const [config, old] = split(request);
  const { HostConfig } = request;
  if (!HostConfig && Object.keys(old).length === 0) return request; // and Cpuset alone has never counted
  const host = HostConfig ? { ...HostConfig, ...unsaid(old, HostConfig) } : old;
  return { ...config, HostConfig: { ...host, ...(Cpuset !== "" && { CpusetCpus: host.CpusetCpus || Cpuset }) } };
}

function split(request: ContainerCreateRequest): [config: ContainerCreateRequest, old: HostConfig] {
  const isOld = ([name]: readonly [string, unknown]) => HOST_MEMBERS.includes(name);
  const members = Object.entries(request);
  return [Object.fromEntries(members.filter((member) => !isOld(member))), Object.fromEntries(members.filter(isOld))];
}

function unsaid(old: HostConfig, host: HostConfig): HostConfig {
  return Object.fromEntries(COUNTED.filter((name) => old[name] && !host[name]).map((name) => [name, old[name]]));
}
