/**
 * What becomes of the body of POST /containers/create before there is a container: checked, filled in, and merged with what its image says.
 *
 *     conflicts ─▶ what older clients mean ─▶ checks, limits that this host lacks ─▶ defaults ─▶ the image's
 *
 * The order is the original's: of two mistakes its user is told the same one.
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type {
  ContainerConfig,
  ContainerCreateRequest,
  HostConfig,
  ImageRunConfig,
  NetworkingConfig,
} from "../../engine-api/container-config.ts";
import { parseSecurityOptions } from "../spec/security-opt.ts";
import { adaptToClient } from "./by-api-version.ts";
import type { DaemonDefaults } from "./daemon-defaults.ts";
import { withDefaults } from "./host-config-defaults.ts";
import { mergeLogConfig } from "./log-config.ts";
import { mergeImage } from "./merge-image.ts";
import { verifyNetworkingConfig, verifyNetworkMode } from "./network-conflicts.ts";
import { unclassified } from "./unclassified.ts";
import { verifyConfig } from "./verify-config.ts";
import { verifyHostConfig } from "./verify-host-config.ts";

export interface CreateContext {
  /** Of the request: `1.40`. */
  readonly apiVersion: string;
  readonly daemon: DaemonDefaults;
  /** Another container's id, by its name. */
  readonly idOf: (name: string) => string | undefined;
}

export interface CheckedRequest {
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly networkingConfig: NetworkingConfig;
  readonly warnings: readonly string[];
}

/** All that can be said before the image is looked up. @throws {InvalidArgument | Unknown} */
export function checkRequest(request: ContainerCreateRequest, context: CreateContext): CheckedRequest {
  const { HostConfig, NetworkingConfig, ...config } = request;
  const { apiVersion, daemon, idOf } = context;
  const networkingConfig = NetworkingConfig ?? {};
  verifyNetworkMode(config, HostConfig ?? {});
  unclassified(() => verifyRealtime(HostConfig ?? {}, daemon));
  const asked = adaptToClient(HostConfig ?? {}, apiVersion, daemon.support.cgroupVersion);
  verifyConfig(config);
  const { value, warnings } = verifyHostConfig(asked, daemon, { isUpdate: false });
  verifyNetworkingConfig(networkingConfig);
  const hostConfig = withDefaults(value, daemon, idOf);
  return { config, hostConfig, networkingConfig, warnings };
}

/** The whole of a container. @throws {InvalidArgument | Unknown} When nothing says what to run, or its logging or security make no sense. */
export function completeRequest(
  checked: CheckedRequest,
  image: ImageRunConfig | undefined,
  { logConfig }: DaemonDefaults,
): CheckedRequest {
  const config = mergeImage(checked.config, image);
  const hostConfig = { ...checked.hostConfig, LogConfig: mergeLogConfig(checked.hostConfig.LogConfig, logConfig) };
  unclassified(() => parseSecurityOptions(hostConfig.SecurityOpt)); // only to refuse what makes no sense
  return { ...checked, config, hostConfig };
}

function verifyRealtime({ CpuRealtimePeriod = 0, CpuRealtimeRuntime = 0 }: HostConfig, { support }: DaemonDefaults) {
  if ((CpuRealtimePeriod !== 0 || CpuRealtimeRuntime !== 0) && !support.cpuRealtime)
    throw new InvalidArgument("Your kernel does not support CPU real-time scheduler");
  if (CpuRealtimePeriod !== 0 && CpuRealtimeRuntime > CpuRealtimePeriod)
    throw new InvalidArgument("cpu real-time runtime cannot be higher than cpu real-time period");
}
