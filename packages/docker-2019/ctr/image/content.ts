/** Reading content from containerd's store, and labelling it. */
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Containerd } from "../containerd.ts";

/** The content from `offset` on, as containerd sends it. @throws {NotFound} */
export async function* readContent(containerd: Containerd, digest: string, offset = 0): AsyncGenerator<Uint8Array> {
  for await (const { data } of containerd.content.read({ digest, offset: BigInt(offset) })) yield data;
}

/** All of it: for manifests, configs and indexes. @throws {NotFound} */
export async function readWhole(containerd: Containerd, { digest }: Pick<Descriptor, "digest">): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(readContent(containerd, digest)));
}

/** Whether content is in the store. */
export async function hasContent(containerd: Containerd, { digest }: Pick<Descriptor, "digest">): Promise<boolean> {
  try {
    await containerd.content.info({ digest });
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}

/** Sets labels of content, and leaves its others as they are. An empty value takes a label away. @returns All that it has then. */
export async function labelContent(
  containerd: Containerd,
  digest: string,
  labels: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const paths = Object.keys(labels).map((key) => `labels.${key}`);
  const { info } = await containerd.content.update({ info: { digest, labels }, updateMask: { paths } });
  return info!.labels;
}
