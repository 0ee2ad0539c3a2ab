/** Images as containerd keeps them: a name, and what it stands for. */
import { AlreadyExists, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { parseReference, type Reference } from "@eras/oci-spec/reference.ts";
import type { Image } from "../../proto/gen/images_pb.ts";
import type { Containerd } from "../containerd.ts";
import { fromWire, toWire } from "./descriptor.ts";

/** @throws {NotFound} `image "…": not found` */
export async function getImage(containerd: Containerd, name: string): Promise<Image> {
  const { image } = await containerd.images.get({ name });
  return image!;
}

export function targetOf({ target }: Image): Descriptor {
  return fromWire(target!);
}

/** Gives a name to what is in the store, and takes it from what had it. */
export async function putImage(
  containerd: Containerd,
  name: string,
  target: Descriptor,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const image = { name, target: toWire(target), labels };
  try {
    await containerd.images.create({ image });
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    await containerd.images.update({ image });
  }
}

/**
 * Reads the name of an image that is to be asked of a registry. ctr adds nothing: neither docker.io nor `latest`.
 *
 * @throws {InvalidArgument} In containerd's words.
 */
export function parseRemote(name: string): Reference {
  const reference = parseReference(name);
  const isWhole = /^[^/]*[.:][^/]*\/|^localhost\//.test(name);
  if (!isWhole || (reference.tag === undefined && reference.digest === undefined)) {
    const hint = "name it in full, as in docker.io/library/busybox:latest";
    throw new InvalidArgument(`failed to resolve reference ${JSON.stringify(name)}: object required: ${hint}`);
  }
  return reference;
}
