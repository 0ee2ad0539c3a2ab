/**
 * Creating a container: the image is looked up, a record is made and kept, and directories and layers are made for its files. containerd hears
 * nothing of it before the start.
 */
import { randomBytes } from "node:crypto";
import { chownSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Digest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { ContainerCreateResponse } from "../../engine-api/container.ts";
import type { ContainerConfig, ContainerCreateRequest, HostConfig } from "../../engine-api/container-config.ts";
import { step } from "../../step.ts";
import { verifyName } from "../config/container-name.ts";
import { type CheckedRequest, checkRequest, completeRequest } from "../config/create-request.ts";
import { containerOf } from "../config/modes.ts";
import { anonymousVolumes, type MountPoint, mountPointsOfHostConfig } from "../config/mount-points.ts";
import { Container, type ContainerRecord } from "../container/container.ts";
import { State } from "../container/state.ts";
import { diffIdsOf } from "../image/docker-image.ts";
import { findImage } from "../image/images.ts";
import { fillInitLayer } from "../layer/init-layer.ts";
import { topChainId } from "../layer/layer-store.ts";
import { containersDir } from "../paths.ts";
import type { Daemon } from "./daemon.ts";
import { resolveLinks } from "./links.ts";
import { prepareMounts, releaseMounts } from "./mounts.ts";
import { inventName } from "./names.ts";
import { makeWorkingDirectory } from "./working-directory.ts";

const ID_BYTES = 32;
/** Of an id, for people. */
const SHORT_ID = 12;

/**
 * @param wantedName - Empty for an invented one.
 * @throws {NotFound} `No such image: …`; {Conflict} when the name is taken; {InvalidArgument} for what makes no sense.
 */
export async function createContainer(
  daemon: Daemon,
  wantedName: string,
  request: ContainerCreateRequest,
  apiVersion: string,
): Promise<ContainerCreateResponse> {
  if (Object.keys(request).length === 0)
    throw new InvalidArgument("Config cannot be empty in order to create a container");
  const idOf = (name: string) => daemon.containers.find(name)?.id;
  const checked = checkRequest(request, { apiVersion, daemon: daemon.defaults, idOf });
  verifyNeighbours(daemon, checked.hostConfig);
  if (!request.Image) completeRequest(checked, undefined, daemon.defaults); // says first that there is nothing to be run
  const imageId = findImage(daemon.images, request.Image ?? "");
  const image = daemon.images.images.image(imageId);
  const complete = completeRequest(checked, image.config, daemon.defaults);
  const id = randomBytes(ID_BYTES).toString("hex");
  const name = nameOf(daemon, wantedName);
  daemon.containers.reserveName(name, id);
  try {
    const hostConfig = resolveLinks(daemon, complete.hostConfig);
    const container = await make(daemon, recordOf(daemon, { id, name, imageId, complete }), {
      ...complete,
      hostConfig,
    });
    daemon.containers.add(container);
    daemon.publish("create", container);
  } catch (error) {
    daemon.containers.releaseName(name, id);
    throw error;
  }
  return { Id: id, Warnings: complete.warnings };
}

function nameOf({ containers }: Daemon, wanted: string): string {
  if (wanted === "") return inventName((taken) => containers.hasName(taken));
  verifyName(wanted);
  return wanted.replace(/^\//, "");
}

/** The original looks at them for their labels, and at those whose network is to be joined not before the start. */
function verifyNeighbours(daemon: Daemon, { IpcMode, PidMode, Privileged, SecurityOpt }: HostConfig): void {
  const isLabelled = SecurityOpt?.some((option) => option.startsWith("label"));
  if (Privileged || isLabelled || IpcMode === "host" || PidMode === "host") return;
  for (const name of [containerOf(IpcMode), containerOf(PidMode)])
    if (name && !daemon.containers.find(name)) throw new InvalidArgument(`No such container: ${name}`);
}

interface NewContainer {
  readonly id: string;
  readonly name: string;
  readonly imageId: Digest;
  readonly complete: CheckedRequest;
}

function recordOf(daemon: Daemon, { id, name, imageId, complete }: NewContainer): ContainerRecord {
  step("dockerd.make-container", { id, name, image: imageId });
  const config = withHostname(complete.config, id, complete.hostConfig.NetworkMode ?? "");
  const [Path = "", ...Args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  return {
    ID: id,
    Created: new Date().toISOString(),
    Path,
    Args,
    Config: config,
    Image: imageId,
    Driver: daemon.images.layers.driver.name,
    OS: "linux",
    LogPath: join(containersDir(daemon.options), id, `${id}-json.log`),
    Name: `/${name}`,
    MountPoints: {},
    RestartCount: 0,
    HasBeenManuallyStopped: false,
    HasBeenStartedBefore: false,
    State: new State().record,
  };
}

/** A container that has no name of its own in its network is called by its id. */
function withHostname(config: ContainerConfig, id: string, networkMode: string): ContainerConfig {
  if (config.Hostname || networkMode.startsWith("container:")) return config;
  return { ...config, Hostname: networkMode === "host" ? hostname() : id.slice(0, SHORT_ID) };
}

async function make(daemon: Daemon, record: ContainerRecord, { hostConfig }: CheckedRequest): Promise<Container> {
  step("dockerd.make-directories", { id: record.ID });
  const { rwLayers, images } = daemon.images;
  const parent = topChainId(diffIdsOf(images.image(record.Image)));
  const storageOptions = hostConfig.StorageOpt ?? {};
  const root = daemon.options.remap?.root;
  const init = (rootfs: string) => fillInitLayer(rootfs, root);
  await rwLayers.create(record.ID, parent, { init, storageOptions });
  const container = Container.create(containersDir(daemon.options), record, hostConfig);
  try {
    if (root) chownSync(container.dir, 0, root.gid);
    makeWorkingDirectoryOf(daemon, container);
    await prepareMounts(daemon, container, mountPointsOf(daemon, container));
    container.save();
    return container;
  } catch (error) {
    await releaseMounts(daemon, container, true);
    await rwLayers.remove(record.ID);
    await container.removeDirectory();
    throw error;
  }
}

function makeWorkingDirectoryOf({ images, options }: Daemon, { id, config }: Container): void {
  if (!config.WorkingDir) return;
  const rootfs = images.rwLayers.mount(id);
  try {
    makeWorkingDirectory(rootfs, config.WorkingDir, options.remap?.root);
  } finally {
    images.rwLayers.unmount(id);
  }
}

function mountPointsOf(daemon: Daemon, { config, hostConfig }: Container): MountPoint[] {
  const ofOther = (name: string) => {
    const other = daemon.containers.find(name);
    if (!other) throw new InvalidArgument(`No such container: ${name}`);
    return Object.values(other.record.MountPoints);
  };
  const asked = mountPointsOfHostConfig(hostConfig, ofOther, daemon.options.dataRoot);
  const taken = [...asked.map(({ Destination }) => Destination), ...Object.keys(hostConfig.Tmpfs ?? {})];
  return [...asked, ...anonymousVolumes(config.Volumes ?? null, taken, hostConfig.VolumeDriver ?? "")];
}
