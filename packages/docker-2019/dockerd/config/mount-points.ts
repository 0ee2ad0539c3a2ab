/**
 * Where a container has which volumes and directories of the host: what `--volumes-from`, `-v` and `--mount` come to together.
 *
 *     -v /host:/ctr:ro        bind     source /host, destination /ctr
 *     -v data:/ctr:nocopy     volume   name data
 *     -v /ctr                 volume   anonymous; the client sends it in Config.Volumes
 *     --mount type=…          the same in full, and tmpfs
 *
 * Later ones replace those of `--volumes-from` at their place; two of the user's own at one place are an error. A volume's directory is not
 * known here: whoever keeps the volumes says it.
 */
import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Dictionary, HostConfig, Mount } from "../../engine-api/container-config.ts";
import { PROPAGATIONS, verifyMount } from "./mount-config.ts";
import { unclassified } from "./unclassified.ts";

/** Members as the record of a container has them on disk. */
export interface MountPoint {
  readonly Type: "bind" | "volume" | "tmpfs";
  readonly Destination: string;
  readonly RW: boolean;
  /** Of a volume. */
  readonly Name: string;
  /** Of a volume; empty for the daemon's default. */
  readonly Driver: string;
  /** A path of the host. Empty for a volume until it is looked up, and for tmpfs. */
  readonly Source: string;
  /** Of a bind: `rprivate` … */
  readonly Propagation: string;
  /** As it was written behind the second colon: `ro,z`. */
  readonly Mode: string;
  /** Whether a new volume gets what the image has at its place. */
  readonly CopyData: boolean;
  /** Whether the source of a bind is left to be missing, and not made. */
  readonly SkipMountpointCreation: boolean;
  /** What was asked for. */
  readonly Spec: Mount;
}

const DEFAULT_PROPAGATION = "rprivate";
const NO_COPY = "nocopy";
/** Of each kind one may be said. */
const MODE_KINDS: readonly ReadonlySet<string>[] = [
  new Set(["rw", "ro"]),
  new Set(["z", "Z"]),
  PROPAGATIONS,
  new Set([NO_COPY]),
  new Set(["consistent", "cached", "delegated", "default"]),
];

/**
 * The mount points of a new container, apart from the anonymous volumes of its config.
 *
 * @param mountPointsOf - Those of another container, by name or id.
 * @param dataRoot - The daemon's own files: binds of them get what is mounted there later.
 * @throws {InvalidArgument | Unknown} When one makes no sense, or two have the same place.
 */
export function mountPointsOfHostConfig(
  hostConfig: HostConfig,
  mountPointsOf: (container: string) => readonly MountPoint[],
  dataRoot: string,
): MountPoint[] {
  const { VolumesFrom, Binds, Mounts, VolumeDriver = "", Tmpfs } = hostConfig;
  const inherited = (VolumesFrom ?? []).flatMap((text) => inheritedFrom(text, mountPointsOf));
  const own = new Map<string, MountPoint>();
  const addOwn = (point: MountPoint, written: string) => {
    if (own.has(point.Destination)) throw new InvalidArgument(`Duplicate mount point: ${written}`);
    own.set(point.Destination, withMode(withDaemonRoot(point, dataRoot)));
  };
  for (const bind of (Binds ?? []).map((text) => unclassified(() => parseBind(text, VolumeDriver)))) {
    if (Tmpfs && bind.Destination in Tmpfs) throw new InvalidArgument(`Duplicate mount point: ${bind.Destination}`);
    addOwn(bind, bind.Destination);
  }
  for (const mount of Mounts ?? []) addOwn(parseMount(mount), mount.Target);
  return [...new Map([...inherited.map((point) => [point.Destination, point] as const), ...own]).values()];
}

/**
 * Anonymous volumes for the places that the config names. An image may have `VOLUME data`, which is `/data`; the original keeps it as it is.
 *
 * @param taken - Places where something else is to be.
 */
export function anonymousVolumes(volumes: Dictionary<object>, taken: readonly string[], driver: string): MountPoint[] {
  const others = new Set(taken.map(clean));
  return Object.keys(volumes ?? {})
    .map((path) => clean(posix.join("/", path)))
    .filter((path) => !others.has(path))
    .map((path) => ({ ...parseMount({ Type: "volume", Target: path }), Driver: driver }));
}

/** `NAME`, `NAME:ro` @throws {InvalidArgument} */
export function parseVolumesFrom(text: string): { container: string; readOnly: boolean } {
  if (text === "") throw new InvalidArgument("volumes-from specification cannot be an empty string");
  const [container = "", ...rest] = text.split(":");
  const mode = rest.length === 0 ? "rw" : rest.join(":");
  const words = mode.split(",");
  const isOwn = words.some((word) => PROPAGATIONS.has(word) || word === NO_COPY); // those are the other container's
  if (!isMode(mode) || isOwn) throw invalidMode(mode);
  return { container, readOnly: words.includes("ro") };
}

function inheritedFrom(text: string, mountPointsOf: (container: string) => readonly MountPoint[]): MountPoint[] {
  const { container, readOnly } = parseVolumesFrom(text);
  return mountPointsOf(container).map((point) => ({ ...point, RW: point.RW && !readOnly, Mode: "", CopyData: false }));
}

/** @throws {InvalidArgument} `invalid volume specification: '…'`, `invalid mode: …` */
export function parseBind(text: string, volumeDriver = ""): MountPoint {
  const parts = text.split(":");
  const [first = "", second, mode = ""] = parts;
  // a destination and a mode are no volume: volumes have no mode
  if (parts.length > 3 || first === "" || (parts.length === 2 && isMode(second!))) throw invalidSpec(text);
  if (!isMode(mode)) throw invalidMode(mode);
  const mount = mountOf(parts.length === 1 ? ["", first] : [first, second!], mode, volumeDriver);
  try {
    return { ...pointOf(mount, { mayBeMissing: true }), Mode: mode };
  } catch (error) {
    throw new InvalidArgument(`${invalidSpec(text).message}: ${(error as Error).message}`, { cause: error });
  }
}

function mountOf([Source, Target]: [string, string], mode: string, volumeDriver: string): Mount {
  const words = mode.split(",");
  const Type = posix.isAbsolute(Source) ? "bind" : "volume";
  const propagation = words.find((word) => PROPAGATIONS.has(word));
  const volumeOptions = {
    ...(volumeDriver !== "" && Type === "volume" && { DriverConfig: { Name: volumeDriver } }),
    ...(words.includes(NO_COPY) && { NoCopy: true }),
  };
  return {
    Type,
    Source,
    Target,
    ...(words.includes("ro") && { ReadOnly: true }),
    ...(propagation !== undefined && { BindOptions: { Propagation: propagation } }),
    ...(Object.keys(volumeOptions).length > 0 && { VolumeOptions: volumeOptions }),
  };
}

/** @throws {InvalidArgument} `invalid mount config for type "bind": …` */
export function parseMount(mount: Mount): MountPoint {
  return pointOf(mount, { mayBeMissing: false });
}

function pointOf(mount: Mount, options: { mayBeMissing: boolean }): MountPoint {
  verifyMount(mount, options);
  const { Type, Source = "", Target, ReadOnly = false, BindOptions, VolumeOptions } = mount;
  const isVolume = Type === "volume";
  const isBind = Type === "bind";
  return {
    Type: Type as MountPoint["Type"], // verified
    Destination: clean(Target.replaceAll("\\", "/")),
    RW: !ReadOnly,
    Name: isVolume ? Source || randomBytes(32).toString("hex") : "",
    Driver: isVolume ? (VolumeOptions?.DriverConfig?.Name ?? "") : "",
    Source: isBind ? clean(Source) : "",
    Propagation: isBind ? BindOptions?.Propagation || DEFAULT_PROPAGATION : "",
    Mode: "",
    CopyData: isVolume && !VolumeOptions?.NoCopy,
    SkipMountpointCreation: isBind && !options.mayBeMissing,
    Spec: mount,
  };
}

/**
 * A bind of the daemon's own files, or of a directory around them, would keep busy what the daemon mounts and unmounts there.
 *
 * @throws {InvalidArgument} When the user asks for a propagation that does.
 */
function withDaemonRoot(point: MountPoint, dataRoot: string): MountPoint {
  const { Type, Source = "", BindOptions } = point.Spec;
  if (Type !== "bind" || !(Source.startsWith(dataRoot) || dataRoot.startsWith(Source))) return point;
  const propagation = BindOptions?.Propagation ?? "";
  if (propagation === "") return { ...point, Propagation: "rslave" };
  if (propagation === "rslave" || propagation === "rshared") return point;
  const told = [`daemon root: "${dataRoot}"`, `bind mount source: "${Source}"`, `propagation: "${propagation}"`];
  throw new InvalidArgument(
    `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, ${told.join(", ")}`,
  );
}

/** Volumes of the local driver are written down as ones to be labelled for all containers, where the user said nothing. */
function withMode(point: MountPoint): MountPoint {
  const isLocal = point.Type === "volume" && (point.Driver === "" || point.Driver === "local");
  return isLocal && point.Mode === "" ? { ...point, Mode: "z" } : point;
}

function isMode(mode: string): boolean {
  if (mode === "") return true;
  const words = mode.split(",");
  const areKnown = words.every((word) => MODE_KINDS.some((kind) => kind.has(word)));
  return areKnown && MODE_KINDS.every((kind) => words.filter((word) => kind.has(word)).length <= 1);
}

/** As Go cleans paths: without a slash at the end. */
function clean(path: string): string {
  return posix.normalize(path).replace(/(.)\/$/, "$1");
}

function invalidSpec(text: string): InvalidArgument {
  return new InvalidArgument(`invalid volume specification: '${text}'`);
}

function invalidMode(mode: string): InvalidArgument {
  return new InvalidArgument(`invalid mode: ${mode}`);
}
