/** What a container runs: the program, its directory, its environment, its limits. */
import type { Mount, POSIXRlimit, Process, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { Ulimit } from "../../engine-api/container-config.ts";
import { environment } from "./environment.ts";
import type { SpecParts } from "./spec.ts";

/** Where PID 1 of `--init` lies in the container. */
export const INIT_IN_CONTAINER = "/sbin/docker-init";

/** -1 in a request is no limit: 2⁶⁴-1. */
const UNSIGNED_64 = 64;

export function addProcess(spec: Spec, parts: SpecParts): Spec {
  const { config, hostConfig, daemon, linkEnv = [] } = parts;
  const init = wantsInit(parts);
  const rlimits = withDefaultUlimits(hostConfig.Ulimits ?? [], daemon.defaultUlimits ?? []).map(rlimit);
  const process: Process = {
    ...(config.Tty && { terminal: true }),
    args: [...(init ? [INIT_IN_CONTAINER, "--"] : []), ...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    env: environment(config, linkEnv),
    cwd: config.WorkingDir || "/",
    ...(rlimits.length > 0 && { rlimits }),
    oomScoreAdj: hostConfig.OomScoreAdj ?? 0,
  };
  return {
    ...spec,
    process,
    ...(config.Hostname && { hostname: config.Hostname }),
    mounts: [...(spec.mounts ?? []), ...(init ? [initMount(parts)] : [])],
  };
}

interface InitWishes extends Pick<SpecParts, "hostConfig"> {
  readonly daemon: Pick<SpecParts["daemon"], "init">;
}

/** A container that shares another's processes has its init already, or the host's. */
export function wantsInit({ hostConfig, daemon }: InitWishes): boolean {
  const { PidMode = "", Init } = hostConfig;
  const isShared = PidMode === "host" || PidMode.startsWith("container:");
  return !isShared && (Init ?? daemon.init ?? false);
}

function initMount({ initPath }: SpecParts): Mount {
  if (initPath === undefined) throw new Error("A container with an init needs the path of one");
  return { destination: INIT_IN_CONTAINER, type: "bind", source: initPath, options: ["bind", "ro"] };
}

/** The container's, then those of the daemon that it says nothing of: of the daemon that starts it. */
export function withDefaultUlimits(own: readonly Ulimit[], defaults: readonly Ulimit[]): Ulimit[] {
  return [...own, ...defaults.filter(({ Name }) => !own.some((one) => one.Name === Name))];
}

function rlimit({ Name, Hard, Soft }: Ulimit): POSIXRlimit {
  return { type: `RLIMIT_${Name.toUpperCase()}`, hard: unsigned(Hard), soft: unsigned(Soft) };
}

function unsigned(limit: number): number | bigint {
  return limit < 0 ? BigInt.asUintN(UNSIGNED_64, BigInt(limit)) : limit;
}
