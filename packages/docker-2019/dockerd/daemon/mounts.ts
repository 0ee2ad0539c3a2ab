/** Volumes and directories of the host that a container has: made with it, mounted with its start, given back with its end. */
import { chownSync, existsSync } from "node:fs";
import { join } from "node:path";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import type { MountPoint } from "../config/mount-points.ts";
import type { Container } from "../container/container.ts";
import { copyUp, hasFile } from "../volume/copy-up.ts";
import type { Daemon } from "./daemon.ts";
import { mountSharedMemory, unmountSharedMemory } from "./shared-memory.ts";

/** What the API has labelled an anonymous volume as. */
const ANONYMOUS = /^[0-9a-f]{64}$/;

/** Makes the volumes of a new container, and fills the new ones from its image. Its record has what was made, also when something fails. */
export async function prepareMounts(
  daemon: Daemon,
  container: Container,
  points: readonly MountPoint[],
): Promise<void> {
  step("dockerd.prepare-mounts", { destinations: points.map(({ Destination }) => Destination) });
  const { id, record } = container;
  for (const point of points) {
    const prepared = point.Type === "volume" ? withVolume(daemon, id, point) : point;
    record.MountPoints = { ...record.MountPoints, [point.Destination]: prepared };
  }
  const copied = Object.values(record.MountPoints).filter(isCopiedUp);
  if (copied.length === 0) return;
  const rootfs = daemon.images.rwLayers.mount(id);
  try {
    for (const { Source, Destination, Spec } of copied) {
      if (!Spec.Source && hasFile(rootfs, Destination))
        throw new Unknown(`cannot mount volume over existing file, file exists ${join(rootfs, Destination)}`);
      await copyUp(rootfs, Destination, Source);
    }
  } finally {
    daemon.images.rwLayers.unmount(id);
  }
}

/** A new volume may begin with what the image has there. */
function isCopiedUp({ Type, CopyData }: MountPoint): boolean {
  return Type === "volume" && CopyData;
}

function withVolume({ volumes }: Daemon, container: string, point: MountPoint): MountPoint {
  const options = point.Spec.VolumeOptions;
  const { Name, Driver, Mountpoint } = volumes.create({
    Name: point.Name,
    Driver: point.Driver,
    DriverOpts: options?.DriverConfig?.Options ?? null,
    Labels: options?.Labels ?? null,
  });
  volumes.reference(Name, container);
  return { ...point, Name, Driver, Source: Mountpoint };
}

/** Before a start: volumes are mounted, and directories that a bind names are made where they may be. */
export function mountAll(daemon: Daemon, container: Container): void {
  mountSharedMemory(daemon, container);
  mountVolumes(daemon, container);
}

/** Volumes and binds alone. @param holder - For whom, until `unmountVolumes` for the same. */
export function mountVolumes(daemon: Daemon, container: Container, holder = container.id): void {
  const { volumes } = daemon;
  const { record } = container;
  for (const { Type, Name, Source, SkipMountpointCreation } of Object.values(record.MountPoints)) {
    if (Type === "volume") volumes.mount(Name, holder);
    if (Type !== "bind" || existsSync(Source)) continue;
    if (SkipMountpointCreation)
      throw new InvalidArgument(`invalid mount config for type "bind": bind source path does not exist: ${Source}`);
    makeSource(Source);
    const root = daemon.rootOf(container);
    if (root) chownSync(Source, root.uid, root.gid);
  }
}

/** A directory of the host that a bind names. */
function makeSource(path: string): void {
  try {
    makeDirectories(path);
  } catch (cause) {
    throw new Unknown(`error while creating mount source path '${path}': ${(cause as Error).message}`, { cause });
  }
}

/** After the end. */
export function unmountAll(daemon: Daemon, container: Container): void {
  unmountSharedMemory(container);
  unmountVolumes(daemon, container);
}

export function unmountVolumes({ volumes }: Daemon, { id, record }: Container, holder = id): void {
  for (const { Type, Name } of Object.values(record.MountPoints)) if (Type === "volume") volumes.unmount(Name, holder);
}

/** The container is no more. @param anonymous - Whether its volumes without a name of their own go too. */
export async function releaseMounts({ volumes }: Daemon, { id, record }: Container, anonymous: boolean): Promise<void> {
  for (const { Type, Name, Spec } of Object.values(record.MountPoints)) {
    if (Type !== "volume") continue;
    volumes.release(Name, id);
    const isAnonymous = !Spec.Source && ANONYMOUS.test(Name);
    if (anonymous && isAnonymous) await volumes.remove(Name).catch(() => {}); // another container may have it
  }
}
