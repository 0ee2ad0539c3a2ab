/** `ctr content fetch-object` and `push-object`: single objects of a registry, below images. */
import { parseDigest, verified } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { isIndexType, isManifestType } from "@eras/oci-spec/image/media-types.ts";
import type { Reference } from "@eras/oci-spec/reference.ts";
import { blobBytes, readBlob } from "@eras/registry-client/blobs.ts";
import type { Repository } from "@eras/registry-client/client.ts";
import { fetchManifest, hasManifest, putManifest, resolveManifest } from "@eras/registry-client/manifests.ts";
import { uploadBlob } from "@eras/registry-client/uploads.ts";
import { leaf } from "../command.ts";
import { ContainerdSource } from "../image/containerd-store.ts";
import { readWhole } from "../image/content.ts";
import { parseRemote } from "../image/image-store.ts";
import { REGISTRY_OPTIONS, type RegistryFlags, registryClient } from "../image/registry-flags.ts";
import { print, write } from "../output/print.ts";

export const fetchObject = leaf<RegistryFlags>({
  name: "fetch-object",
  summary: "retrieve objects from a remote",
  usage: "[flags] <remote>",
  options: REGISTRY_OPTIONS,
  async run({ flags, args: [name = ""], containerd }) {
    const reference = parseRemote(name);
    const repository = registryClient(reference.domain, flags, containerd.signal).repository(reference, "pull");
    const object = await resolveObject(repository, reference).catch((cause: Error) => {
      throw cause instanceof NotFound ? new NotFound(`${name}: not found`, { cause }) : cause;
    });
    for await (const piece of readObject(repository, object)) write(piece);
  },
});

/** A tag stands for a manifest, a digest perhaps for a blob: that is asked first, for not all registries say simply no to the other. */
async function resolveObject(repository: Repository, reference: Reference): Promise<Descriptor> {
  const { digest } = reference;
  const size = digest && (await blobBytes(repository, { digest }));
  if (digest && size) return { mediaType: "application/octet-stream", digest, size };
  return resolveManifest(repository, reference);
}

async function* readObject(repository: Repository, object: Descriptor): AsyncIterable<Uint8Array> {
  if (isAnyManifest(object)) yield await fetchManifest(repository, object);
  else yield* verified(readBlob(repository, object), object);
}

export const pushObject = leaf<RegistryFlags>({
  name: "push-object",
  summary: "push an object to a remote",
  usage: "[flags] <remote> <object> <type>",
  options: REGISTRY_OPTIONS,
  async run({ flags, args: [name = "", text = "", mediaType = ""], containerd }) {
    const digest = parseDigest(text);
    const { info } = await containerd.content.info({ digest });
    const object = { mediaType, digest, size: Number(info!.size) };
    const reference = parseRemote(name);
    const repository = registryClient(reference.domain, flags, containerd.signal).repository(reference, "push");
    const isSent = isAnyManifest(object)
      ? await sendManifest(repository, object, await readWhole(containerd, object), reference.tag)
      : await uploadBlob(repository, object, new ContainerdSource(containerd));
    if (!isSent) throw new AlreadyExists(`content ${digest} on remote: already exists`);
    print(`Pushed ${digest} ${mediaType}`);
  },
});

function isAnyManifest({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}

/** @returns Whether it had to be sent. */
async function sendManifest(
  repository: Repository,
  manifest: Descriptor,
  bytes: Buffer,
  tag: string | undefined,
): Promise<boolean> {
  if (await hasManifest(repository, manifest, tag)) return false;
  await putManifest(repository, manifest, bytes, tag);
  return true;
}
