/** `ctr snapshots diff`: what one snapshot has that another has not, as a layer. containerd compares, and keeps the layer as content. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { OCI_LAYER_GZIP } from "@eras/oci-spec/image/media-types.ts";
import { Kind } from "../../proto/gen/snapshots_pb.ts";
import type { Mount } from "../../proto/gen/types_pb.ts";
import { flag, leaf, listFlag, parsePairs } from "../command.ts";
import type { Containerd } from "../containerd.ts";
import { readContent } from "../image/content.ts";
import { rootLabel } from "../image/gc-labels.ts";
import { write } from "../output/print.ts";
import type { SnapshotterFlags } from "../snapshotter-flag.ts";

interface DiffFlags extends SnapshotterFlags {
  readonly mediaType: string;
  readonly ref?: string;
  readonly keep?: true;
  readonly label: readonly string[];
}

export const diff = leaf<DiffFlags>({
  name: "diff",
  summary: "get the diff of two snapshots. the default second snapshot is the first snapshot's parent.",
  usage: "[flags] <idA> [<idB>]",
  options: [
    flag("--media-type <value>", "media type to use for creating diff").default(OCI_LAYER_GZIP),
    flag("--ref <value>", "content upload reference to use"),
    flag("--keep", "keep diff content. up to creator to delete it."),
    listFlag("--label <value>", "labels to attach to the image"),
  ],
  async run({ flags, args: [a, b], containerd }) {
    if (!a) throw new InvalidArgument("snapshot id must be provided");
    await containerd.withLease(async (leased) => {
      const digest = await compare(leased, flags, a, b);
      for await (const piece of readContent(leased, digest)) write(piece);
    });
  },
});

/** Has containerd compare. @returns The digest of the layer that makes `a` of what is below it, or `b` of `a`. */
async function compare(containerd: Containerd, flags: DiffFlags, a: string, b: string | undefined): Promise<string> {
  const { snapshotter, mediaType, ref, keep } = flags;
  const { info } = await containerd.snapshots.stat({ snapshotter, key: a });
  const [below, above] = b === undefined ? [info!.parent, a] : [a, b];
  const labels = { ...parsePairs(flags.label), ...(keep && rootLabel()) };
  return withMounts(containerd, snapshotter, below, (left) =>
    withMounts(containerd, snapshotter, above, async (right) => {
      const { diff: made } = await containerd.diff.diff({ left, right, mediaType, ref, labels });
      return made!.digest;
    }),
  );
}

/** Gives the mounts of a snapshot: of a committed one, those of a view, which is there as long as that. Nothing has no mounts. */
async function withMounts<Result>(
  containerd: Containerd,
  snapshotter: string,
  key: string,
  work: (mounts: Mount[]) => Promise<Result>,
): Promise<Result> {
  if (key === "") return work([]);
  const { info } = await containerd.snapshots.stat({ snapshotter, key });
  if (info!.kind !== Kind.COMMITTED) return work((await containerd.snapshots.mounts({ snapshotter, key })).mounts);
  const view = `${key}-view-${process.hrtime.bigint()}`;
  const { mounts } = await containerd.snapshots.view({ snapshotter, key: view, parent: key });
  try {
    return await work(mounts);
  } finally {
    await containerd.snapshots.remove({ snapshotter, key: view });
  }
}
