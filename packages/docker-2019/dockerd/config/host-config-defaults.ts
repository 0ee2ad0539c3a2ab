/** What the daemon fills in where a request says nothing, and writes into the container's record. */
import type { HostConfig } from "../../engine-api/container-config.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../spec/default-spec.ts";
import type { DaemonDefaults } from "./daemon-defaults.ts";
import { containerOf, ofContainer } from "./modes.ts";

/** SELinux would keep these apart from what they are to share. The option is written down wherever, as the original does. */
const UNLABELLED = "label=disable";

/**
 * Fills in what is missing.
 *
 * @param idOf - Another container's id, by its name: so the two stay together if it is renamed. Undefined when there is none.
 */
export function withDefaults(
  hostConfig: HostConfig,
  daemon: DaemonDefaults,
  idOf: (name: string) => string | undefined,
): HostConfig {
  const { Memory = 0, MemorySwap = 0, Privileged = false, MaskedPaths, ReadonlyPaths } = hostConfig;
  const doubled = Memory > 0 && MemorySwap === 0 ? { MemorySwap: Memory * 2 } : {};
  const withId = (mode: string) => {
    const id = idOf(containerOf(mode) ?? "");
    return containerOf(mode) !== undefined && id !== undefined ? ofContainer(id) : mode;
  };
  const filled: HostConfig = {
    ...hostConfig,
    ...doubled,
    ShmSize: hostConfig.ShmSize || daemon.shmSize,
    IpcMode: withId(hostConfig.IpcMode || daemon.ipcMode),
    PidMode: withId(hostConfig.PidMode ?? ""),
    NetworkMode: withId(hostConfig.NetworkMode || "default"),
    CgroupnsMode: hostConfig.CgroupnsMode || defaultCgroupns(Privileged, daemon),
    OomKillDisable: hostConfig.OomKillDisable ?? false,
    RestartPolicy: hostConfig.RestartPolicy ?? { Name: "", MaximumRetryCount: 0 },
    MaskedPaths: MaskedPaths ?? (Privileged ? null : MASKED_PATHS),
    ReadonlyPaths: ReadonlyPaths ?? (Privileged ? null : READONLY_PATHS),
  };
  return needsNoLabel(filled) ? { ...filled, SecurityOpt: [...(filled.SecurityOpt ?? []), UNLABELLED] } : filled;
}

/** With v1 a privileged container is to see all cgroups. */
function defaultCgroupns(isPrivileged: boolean, { cgroupnsMode, support }: DaemonDefaults): string {
  return isPrivileged && support.cgroupVersion === 1 ? "host" : cgroupnsMode;
}

function needsNoLabel({ SecurityOpt, IpcMode, PidMode, Privileged }: HostConfig): boolean {
  const isLabelled = SecurityOpt?.some((option) => option.split("=", 1)[0] === "label");
  return !isLabelled && (Privileged || IpcMode === "host" || PidMode === "host");
}
