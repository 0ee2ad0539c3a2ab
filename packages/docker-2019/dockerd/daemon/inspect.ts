/** `docker inspect`: all that is known of a container. */
import { join } from "node:path";
import type { ContainerJson, MountPoint, NetworkSettings } from "../../engine-api/container.ts";
import type { HostConfig } from "../../engine-api/container-config.ts";
import { wholeConfig, wholeHostConfig } from "../config/whole.ts";
import type { Container } from "../container/container.ts";
import { withDefaultUlimits } from "../spec/process.ts";
import type { Daemon } from "./daemon.ts";
import { shownLinks } from "./links.ts";

export async function inspectContainer(daemon: Daemon, container: Container, size: boolean): Promise<ContainerJson> {
  const { id, dir, record, config, hostConfig, state } = container;
  const { RemovalInProgress: _, ...shown } = state.record;
  const execIds = [...daemon.execs.values()].filter((exec) => exec.container === container && exec.isRunning);
  return {
    Id: id,
    Created: record.Created,
    Path: record.Path,
    Args: record.Args,
    State: { Status: state.status, ...shown },
    Image: record.Image,
    ResolvConfPath: join(dir, "resolv.conf"),
    HostnamePath: join(dir, "hostname"),
    HostsPath: join(dir, "hosts"),
    LogPath: record.LogPath,
    Name: record.Name,
    RestartCount: record.RestartCount,
    Driver: record.Driver,
    Platform: record.OS,
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    ExecIDs: execIds.length > 0 ? execIds.map((exec) => exec.id) : null,
    HostConfig: { ...wholeHostConfig(hostConfig), ...ulimits(daemon, container), Links: shownLinks(daemon, container) },
    GraphDriver: { Data: daemon.images.rwLayers.data(id), Name: record.Driver },
    ...(size && (await sizesOf(daemon, container))),
    Mounts: mountPointsOf(container),
    Config: wholeConfig(config),
    NetworkSettings: networkSettings(daemon, container),
  };
}

/** Those that it would be started with. */
function ulimits({ options }: Daemon, { hostConfig }: Container): Pick<HostConfig, "Ulimits"> {
  const all = withDefaultUlimits(hostConfig.Ulimits ?? [], Object.values(options.defaultUlimits));
  return all.length > 0 ? { Ulimits: all } : {};
}

/** Bytes that it has written, and those with its image. */
export async function sizesOf({ images }: Daemon, { id }: Container) {
  const { rwBytes: SizeRw, rootFsBytes: SizeRootFs } = await images.rwLayers.size(id);
  return { SizeRw, SizeRootFs };
}

export function mountPointsOf({ record }: Container): MountPoint[] {
  return Object.values(record.MountPoints).map(
    ({ Type, Name, Driver, Source, Destination, Mode, RW, Propagation }) => ({
      Type,
      ...(Name !== "" && { Name }),
      Source,
      Destination,
      ...(Driver !== "" && { Driver }),
      Mode,
      RW,
      Propagation,
    }),
  );
}

/** Of a container that has ended: what it was connected to, without addresses. */
export function networkSettings({ networks }: Daemon, container: Container): NetworkSettings {
  const settings = networks.settings(container);
  const { LastSandbox: last } = container.record;
  if (settings.SandboxID !== "" || !last) return settings;
  const ended = Object.entries(settings.Networks ?? {}).map(([name, endpoint]) => {
    return [name, { ...endpoint, NetworkID: networks.idOf(name) }] as const;
  });
  return { ...settings, ...last, Networks: Object.fromEntries(ended) };
}
