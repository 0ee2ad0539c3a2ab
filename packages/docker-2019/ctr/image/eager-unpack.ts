/**
 * Unpacking while a pull still fetches: a layer is unpacked as soon as it and those below it are there. Fetching keeps ctr and the network
 * busy, unpacking containerd, so that the longer of the two is about what both take.
 */
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { parseManifest } from "@eras/oci-spec/image/manifest.ts";
import type { Progress } from "@eras/registry-client/content.ts";
import type { Containerd } from "../containerd.ts";
import { readWhole } from "./content.ts";
import { kindOf } from "./descriptor.ts";
import { unpack } from "./unpack.ts";

export class EagerUnpack {
  readonly #containerd: Containerd;
  readonly #snapshotter: string;
  readonly #stored = new Map<string, PromiseWithResolvers<void>>();
  readonly #unpacked = new Map<string, Promise<string>>();
  /** Why nothing more will come. */
  #failure: unknown;

  /** @param containerd - Under the lease of the pull. */
  constructor(containerd: Containerd, snapshotter: string) {
    this.#containerd = containerd;
    this.#snapshotter = snapshotter;
  }

  /** Takes in how far one piece is: each manifest that is there begins to be unpacked. */
  readonly update = ({ descriptor, state }: Progress): void => {
    if (state !== "done" && state !== "exists") return;
    this.#storedOf(descriptor).resolve();
    const { digest } = descriptor;
    if (kindOf(descriptor) !== "manifest" || this.#unpacked.has(digest)) return;
    const unpacked = this.#begin(descriptor);
    unpacked.catch(() => {}); // told by result(), if anybody asks
    this.#unpacked.set(digest, unpacked);
  };

  /** The chainID of a manifest's layers, when all are unpacked. */
  async result(manifest: Descriptor): Promise<string> {
    return (await this.#unpacked.get(manifest.digest))!;
  }

  /** The pull has failed: what has begun waits for nothing any more, and ends. */
  async giveUp(error: unknown): Promise<void> {
    this.#failure = error;
    for (const stored of this.#stored.values()) stored.reject(error);
    await Promise.allSettled(this.#unpacked.values());
  }

  async #begin(descriptor: Descriptor): Promise<string> {
    const manifest = parseManifest(await readWhole(this.#containerd, descriptor));
    return unpack(this.#containerd, manifest, this.#snapshotter, (blob) => this.#storedOf(blob).promise);
  }

  #storedOf({ digest }: Descriptor): PromiseWithResolvers<void> {
    const known = this.#stored.get(digest);
    if (known) return known;
    const made = Promise.withResolvers<void>();
    made.promise.catch(() => {}); // nobody may be waiting
    if (this.#failure !== undefined) made.reject(this.#failure);
    this.#stored.set(digest, made);
    return made;
  }
}
