/** containerd's content store, for pulls to write into and pushes to read from. */
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Reference } from "@eras/oci-spec/reference.ts";
import type { ContentSink, ContentSource } from "@eras/registry-client/content.ts";
import type { Containerd } from "../containerd.ts";
import { labelContent, readContent, readWhole } from "./content.ts";
import { ingestRef } from "./descriptor.ts";
import { childLabels, sourceLabel } from "./gc-labels.ts";
import { Ingest } from "./ingest.ts";

export class ContainerdSink implements ContentSink {
  readonly #containerd: Containerd;
  readonly #reference: Reference;

  /** @param reference - Where the content comes from, which its labels tell. */
  constructor(containerd: Containerd, reference: Reference) {
    this.#containerd = containerd;
    this.#reference = reference;
  }

  async open(descriptor: Descriptor): Promise<Ingest | undefined> {
    const { domain, path } = this.#reference;
    const ref = ingestRef(descriptor);
    const ingest = await Ingest.open(this.#containerd, ref, descriptor, { [sourceLabel(domain)]: path });
    if (ingest === undefined) await this.#addSource(descriptor);
    return ingest;
  }

  read(descriptor: Descriptor): Promise<Buffer> {
    return readWhole(this.#containerd, descriptor);
  }

  async refer({ digest }: Descriptor, children: readonly Descriptor[]): Promise<void> {
    await labelContent(this.#containerd, digest, childLabels(children));
  }

  /** What was there may lie in a further repository, too. */
  async #addSource({ digest }: Descriptor): Promise<void> {
    const label = sourceLabel(this.#reference.domain);
    const { info } = await this.#containerd.content.info({ digest });
    const known = info!.labels[label]?.split(",") ?? [];
    if (known.includes(this.#reference.path)) return;
    await labelContent(this.#containerd, digest, { [label]: [...known, this.#reference.path].sort().join(",") });
  }
}

export class ContainerdSource implements ContentSource {
  readonly #containerd: Containerd;

  constructor(containerd: Containerd) {
    this.#containerd = containerd;
  }

  read({ digest }: Descriptor, offset: number): AsyncIterable<Uint8Array> {
    return readContent(this.#containerd, digest, offset);
  }

  /** A repository of the registry that has the blob, other than the one of the reference. */
  async mountFrom({ digest }: Descriptor, { domain, path }: Reference): Promise<string | undefined> {
    const { info } = await this.#containerd.content.info({ digest });
    return info!.labels[sourceLabel(domain)]?.split(",").find((other) => other !== path);
  }
}
