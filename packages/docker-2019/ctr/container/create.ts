/**
 * A container: the record of how to run something. Its task, the running process, comes later, and may come again.
 *
 *     image ─▶ manifest ─▶ chainID ─▶ snapshot of the container's own
 *                     └─▶ config  ─▶ spec
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { chainId } from "@eras/oci-spec/chain-id.ts";
import { InvalidArgument, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import type { ImageConfig } from "@eras/oci-spec/image/config.ts";
import { hostPlatform, parsePlatform } from "@eras/oci-spec/platform.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { parseSpec } from "@eras/oci-spec/runtime/parse.ts";
import { packAny, packJson, SPEC_URL } from "../../proto/any.ts";
import type { Container } from "../../proto/gen/containers_pb.ts";
import type { Image } from "../../proto/gen/images_pb.ts";
import { OptionsSchema } from "../../proto/gen/runc-options_pb.ts";
import type { Init } from "../../proto/message.ts";
import { parsePairs } from "../command.ts";
import type { Containerd } from "../containerd.ts";
import { getImage, targetOf } from "../image/image-store.ts";
import { configOf, manifestFor } from "../image/resolve-content.ts";
import { hasSnapshot, unpack } from "../image/unpack.ts";
import type { ContainerFlags } from "./flags.ts";
import { findUser } from "./image-user.ts";
import { lookInto } from "./look-into.ts";
import { remapSnapshot } from "./remap.ts";
import { makeSpec } from "./spec.ts";
import { parseMapping } from "./spec-view.ts";

const STOP_SIGNAL_LABEL = "io.containerd.image.config.stop-signal";
const DEFAULT_STOP_SIGNAL = "SIGTERM";

/** What a command line says: `IMAGE ID COMMAND…`; with `--rootfs`, a directory in the image's place; with `--config`, `ID` alone. */
export interface Wanted {
  readonly id: string;
  /** An image's name, or with `--rootfs` a directory. Undefined with `--config`. */
  readonly source: string | undefined;
  readonly command: readonly string[];
}

/** @throws {InvalidArgument} In ctr's words, when something is missing; {NotImplemented} when GPUs are wanted. */
export function readWanted(args: readonly string[], { config, gpus }: ContainerFlags): Wanted {
  if (gpus !== undefined)
    throw new NotImplemented(
      "Cannot add GPUs: nvidia-container-cli would do it, which is not called here; try --device",
    );
  const [source, [id, ...command]] = config === undefined ? [args[0], args.slice(1)] : [undefined, args];
  if (config === undefined && !source) throw new InvalidArgument("image ref must be provided");
  if (!id) throw new InvalidArgument("container id must be provided");
  return { id, source, command };
}

/**
 * Creates a container, under a lease as long as nothing refers to its snapshot.
 *
 * @throws {NotFound} When there is no such image; {AlreadyExists} when the name is taken.
 */
export function createContainer(containerd: Containerd, wanted: Wanted, flags: ContainerFlags): Promise<Container> {
  return containerd.withLease(async (leased) => {
    const made = await describe(leased, wanted, flags);
    const container = { id: wanted.id, runtime: { name: flags.runtime, options: runtimeOptions(flags) }, ...made };
    try {
      return (await leased.containers.create({ container })).container!;
    } catch (error) {
      const { snapshotter, snapshotKey: key } = container;
      if (key) await leased.snapshots.remove({ snapshotter, key });
      throw error;
    }
  });
}

/** What runc's shim, and ours, are told: which runtime, and how. */
function runtimeOptions({ runcBinary, runcRoot, runcSystemdCgroup }: ContainerFlags) {
  return packAny(OptionsSchema, {
    binaryName: runcBinary ?? "",
    root: runcRoot ?? "",
    systemdCgroup: runcSystemdCgroup ?? false,
  });
}

function describe(containerd: Containerd, wanted: Wanted, flags: ContainerFlags): Promise<Init<Container>> {
  if (flags.config !== undefined) return fromConfig(flags.config, flags);
  return flags.rootfs ? fromRootfs(containerd, wanted, flags) : fromImage(containerd, wanted, flags);
}

async function fromConfig(path: string, { label }: ContainerFlags): Promise<Init<Container>> {
  return { spec: packSpec(parseSpec(readFileSync(path, "utf8")).value), labels: parsePairs(label) };
}

async function fromRootfs(containerd: Containerd, wanted: Wanted, flags: ContainerFlags): Promise<Init<Container>> {
  const { id, source, command } = wanted;
  const parts = { id, namespace: containerd.namespace, args: command, rootfs: resolve(source!) };
  return { spec: packSpec(makeSpec(parts, flags)), labels: parsePairs(flags.label) };
}

async function fromImage(containerd: Containerd, wanted: Wanted, flags: ContainerFlags): Promise<Init<Container>> {
  const { id, source, command } = wanted;
  const { snapshotter } = flags;
  const image = await getImage(containerd, source!);
  const { config, parent } = await unpackedImage(containerd, image, flags);
  const labels = parsePairs(flags.snapshotterLabel);
  const { mounts } = await containerd.snapshots.prepare({ snapshotter, key: id, parent, labels });
  try {
    const user = lookInto(mounts, (rootfs) => findUser(config.config?.User ?? "", rootfs));
    const parts = { id, namespace: containerd.namespace, args: command, image: config.config ?? {}, user };
    const spec = packSpec(makeSpec(parts, flags));
    return { spec, image: image.name, snapshotter, snapshotKey: id, labels: containerLabels(config, image, flags) };
  } catch (error) {
    await containerd.snapshots.remove({ snapshotter, key: id });
    throw error;
  }
}

interface Unpacked {
  readonly config: ImageConfig;
  /** The snapshot to start from. */
  readonly parent: string;
}

async function unpackedImage(containerd: Containerd, image: Image, flags: ContainerFlags): Promise<Unpacked> {
  const { snapshotter, platform, uidmap, gidmap } = flags;
  const machine = platform === undefined ? hostPlatform() : parsePlatform(platform);
  const { manifest } = await manifestFor(containerd, targetOf(image), machine);
  const config = await configOf(containerd, manifest);
  const whole = chainId(config.rootfs.diff_ids);
  if (!(await hasSnapshot(containerd, snapshotter, whole))) await unpack(containerd, manifest, snapshotter);
  if (uidmap === undefined || gidmap === undefined) return { config, parent: whole };
  const mappings = [parseMapping(uidmap), parseMapping(gidmap)] as const;
  return { config, parent: await remapSnapshot(containerd, snapshotter, whole, ...mappings) };
}

function containerLabels({ config }: ImageConfig, image: Image, { label }: ContainerFlags): Record<string, string> {
  return {
    [STOP_SIGNAL_LABEL]: config?.StopSignal ?? DEFAULT_STOP_SIGNAL,
    ...config?.Labels,
    ...image.labels,
    ...parsePairs(label),
  };
}

function packSpec(spec: Spec) {
  return packJson(SPEC_URL, spec);
}
