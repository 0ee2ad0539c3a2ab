/**
 * `ctr content prune references`: takes from manifests the labels that keep their layers. What has been unpacked lies in snapshots, and its
 * layers may go; a push, an export or another snapshotter would need them again.
 */
import type { Info } from "../../proto/gen/content_pb.ts";
import { flag, type Group, leaf } from "../command.ts";
import { expiring } from "../containerd.ts";
import { labelContent } from "../image/content.ts";
import { log, setDebug } from "../output/log.ts";

/** `…l.0`, and of older clients `…1`, where 0 is the config. */
const LAYER_LABEL = /^containerd\.io\/gc\.ref\.content\.(?:l\.|0*[1-9]\d*$)/;
const LEASE_LIFE_MS = 3_600_000;

interface PruneFlags {
  readonly async?: true;
  readonly dry?: true;
}

const references = leaf<PruneFlags>({
  name: "references",
  summary: "prunes preference labels from the content store (layers only by default)",
  usage: "[flags]",
  options: [
    flag("--async", "allow garbage collection to cleanup asynchronously"),
    flag("--dry", "just show updates without applying (enables debug logging)"),
  ],
  async run({ flags: { async: isAsync = false, dry = false }, containerd }) {
    if (dry) setDebug(true);
    if (dry) log("debug", "dry run, no changes will be applied");
    for await (const { info } of containerd.content.list({}))
      for (const { digest, labels } of info.map(layerLabels))
        if (!dry && Object.keys(labels).length > 0) await labelContent(containerd, digest, labels);
    const { lease } = await containerd.leases.create({ labels: expiring(LEASE_LIFE_MS) });
    await containerd.leases.delete({ id: lease!.id, sync: !isAsync }); // which collects
  },
});

/** The labels that are to go, each with an empty value. */
function layerLabels({ digest, labels }: Info): { digest: string; labels: Record<string, string> } {
  const going = Object.keys(labels).filter((key) => LAYER_LABEL.test(key));
  for (const label of going) log("debug", "Removing label", { digest, label });
  return { digest, labels: Object.fromEntries(going.map((key) => [key, ""])) };
}

export const prune: Group = { name: "prune", summary: "prunes content from the content store", commands: [references] };
