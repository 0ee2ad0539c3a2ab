/** `ctr snapshots unpack`: what pulling an image does in the end, for one whose content is there. */
import { parseDigest } from "@eras/oci-spec/digest.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import { leaf } from "../command.ts";
import { targetOf } from "../image/image-store.ts";
import { manifestFor } from "../image/resolve-content.ts";
import { unpack as unpackManifest } from "../image/unpack.ts";
import { print, write } from "../output/print.ts";
import type { SnapshotterFlags } from "../snapshotter-flag.ts";

export const unpack = leaf<SnapshotterFlags>({
  name: "unpack",
  summary: "unpack applies layers from a manifest to a snapshot",
  usage: "<digest>",
  async run({ flags: { snapshotter }, args: [text = ""], containerd }) {
    const digest = parseDigest(text);
    const { images } = await containerd.images.list({ filters: [] });
    const target = images.map(targetOf).find((one) => one.digest === digest);
    if (target === undefined) throw new NotFound("manifest not found");
    write(`unpacking ${digest} (${target.mediaType})...`);
    await containerd.withLease(async (leased) => {
      const { manifest } = await manifestFor(leased, target, hostPlatform());
      await unpackManifest(leased, manifest, snapshotter);
    });
    print("done");
  },
});
