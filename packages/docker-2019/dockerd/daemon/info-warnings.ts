/** What `docker info` warns of, in Docker's words. */
import type { Info } from "../../engine-api/system.ts";
import type { Options } from "../options/table.ts";

const WHY = `
         Access to the remote API is equivalent to root access on the host. Refer
         to the 'Docker daemon attack surface' section in the documentation for
         more information: https://docs.docker.com/go/attack-surface/`;

/** Of sockets whose clients nobody asks for a certificate. */
export function apiWarnings({ hosts, tls, tlsVerify }: Pick<Options, "hosts" | "tls" | "tlsVerify">): string[] {
  if (tlsVerify) return [];
  const [scheme, missing] = tls ? ["https", "TLS client verification"] : ["http", "encryption"];
  return hosts
    .filter((host) => host.startsWith("tcp://"))
    .map(
      (host) => `WARNING: API is accessible on ${scheme}://${host.slice("tcp://".length)} without ${missing}.${WHY}`,
    );
}

/** Of what this host's kernel does not do. */
export function hostWarnings(info: Info): string[] {
  const isV1 = info.CgroupVersion === "1";
  const rows: readonly (readonly [isThere: boolean, warning: string])[] = [
    [info.MemoryLimit, "No memory limit support"],
    [info.SwapLimit, "No swap limit support"],
    [info.KernelMemoryTCP || !isV1, "No kernel memory TCP limit support"],
    [info.OomKillDisable || !isV1, "No oom kill disable support"],
    [info.CpuCfsQuota, "No cpu cfs quota support"],
    [info.CpuCfsPeriod, "No cpu cfs period support"],
    [info.CPUShares, "No cpu shares support"],
    [info.CPUSet, "No cpuset support"],
    [info.IPv4Forwarding, "IPv4 forwarding is disabled"],
    [info.BridgeNfIptables, "bridge-nf-call-iptables is disabled"],
    [info.BridgeNfIp6tables, "bridge-nf-call-ip6tables is disabled"],
  ];
  return rows.filter(([isThere]) => !isThere).map(([, warning]) => `WARNING: ${warning}`);
}
