/** `ctr snapshots`: directory trees, each upon another. A *key* names one that can be written, a *name* one that is committed. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { type Info, Kind, type UsageResponse } from "../../proto/gen/snapshots_pb.ts";
import type { Mount } from "../../proto/gen/types_pb.ts";
import { flag, type Group, leaf, parsePairs } from "../command.ts";
import type { Containerd } from "../containerd.ts";
import { rootLabel } from "../image/gc-labels.ts";
import { mountCommand } from "../mount.ts";
import { binarySize } from "../output/byte-size.ts";
import { formatLabels, print, printJson, printTable } from "../output/print.ts";
import { NARROW } from "../output/table.ts";
import { rfc3339Nano } from "../output/time.ts";
import { treeLines } from "../snapshot-tree.ts";
import { SNAPSHOTTER_OPTION, type SnapshotterFlags } from "../snapshotter-flag.ts";
import { diff } from "./snapshot-diff.ts";
import { unpack } from "./snapshot-unpack.ts";

const KIND_NAMES = {
  [Kind.UNKNOWN]: "Unknown",
  [Kind.VIEW]: "View",
  [Kind.ACTIVE]: "Active",
  [Kind.COMMITTED]: "Committed",
};

async function listAll(containerd: Containerd, snapshotter: string, filters: readonly string[] = []): Promise<Info[]> {
  const all: Info[] = [];
  for await (const { info } of containerd.snapshots.list({ snapshotter, filters })) all.push(...info);
  return all;
}

const list = leaf<SnapshotterFlags>({
  name: "list",
  aliases: ["ls"],
  summary: "list snapshots",
  usage: "[<filter>, ...]",
  async run({ flags: { snapshotter }, args, containerd }) {
    const rows = (await listAll(containerd, snapshotter, args)).map(
      ({ name, parent, kind }) => `${name}\t${parent}\t${KIND_NAMES[kind]}\t`,
    );
    printTable(["KEY\tPARENT\tKIND\t", ...rows], NARROW);
  },
});

interface MakeFlags extends SnapshotterFlags {
  readonly target?: string;
  readonly mounts?: true;
}

function making(name: "prepare" | "view", summary: string) {
  return leaf<MakeFlags>({
    name,
    summary,
    usage: "[flags] <key> [<parent>]",
    options: [
      flag("-t, --target <value>", "mount target path, will print mount, if provided"),
      flag("--mounts", "Print out snapshot mounts as JSON"),
    ],
    async run({ flags: { snapshotter, target, mounts: asJson }, args: [key, parent], containerd }) {
      if (!key) throw new InvalidArgument("key must be specified");
      const { mounts } = await containerd.snapshots[name]({ snapshotter, key, parent, labels: rootLabel() });
      if (target) printMounts(mounts, target);
      if (asJson)
        printJson(mounts.map(({ type, source, options }) => ({ Type: type, Source: source, Options: options })));
    },
  });
}

function printMounts(mounts: readonly Mount[], target: string): void {
  for (const one of mounts) print(mountCommand(one, target));
}

const mounts = leaf<SnapshotterFlags>({
  name: "mounts",
  aliases: ["m", "mount"],
  summary: "mount gets mount commands for the snapshots",
  usage: "<target> <key>",
  async run({ flags: { snapshotter }, args: [target, key], containerd }) {
    if (!target || !key) throw new InvalidArgument("target and key must be specified");
    printMounts((await containerd.snapshots.mounts({ snapshotter, key })).mounts, target);
  },
});

const commit = leaf<SnapshotterFlags>({
  name: "commit",
  summary: "commit an active snapshot into the provided name",
  usage: "<key> <active>",
  async run({ flags: { snapshotter }, args: [name, key], containerd }) {
    if (!name || !key) throw new InvalidArgument("the key to commit to and the active snapshot must be specified");
    await containerd.snapshots.commit({ snapshotter, name, key, labels: rootLabel() });
  },
});

const remove = leaf<SnapshotterFlags>({
  name: "delete",
  aliases: ["del", "remove", "rm"],
  summary: "remove snapshots",
  usage: "<key> [<key>, ...]",
  async run({ flags: { snapshotter }, args, containerd }) {
    for (const key of args)
      await containerd.snapshots.remove({ snapshotter, key }).catch((cause: Error) => {
        throw new Error(`failed to remove ${JSON.stringify(key)}: ${cause.message}`, { cause });
      });
  },
});

const info = leaf<SnapshotterFlags>({
  name: "info",
  summary: "get info about a snapshot",
  usage: "<key>",
  async run({ flags: { snapshotter }, args: [key], containerd }) {
    if (!key) throw new InvalidArgument("key must be specified");
    const { info: found } = await containerd.snapshots.stat({ snapshotter, key });
    const { kind, name, parent, labels, createdAt, updatedAt } = found!;
    printJson({
      Kind: KIND_NAMES[kind],
      Name: name,
      ...(parent !== "" && { Parent: parent }),
      ...(Object.keys(labels).length > 0 && { Labels: labels }),
      Created: rfc3339Nano(createdAt),
      Updated: rfc3339Nano(updatedAt),
    });
  },
});

const label = leaf<SnapshotterFlags>({
  name: "label",
  summary: "add labels to content",
  usage: "<name> [<label>=<value> ...]",
  async run({ flags: { snapshotter }, args: [name, ...pairs], containerd }) {
    if (!name) throw new InvalidArgument("please specify a snapshot");
    const labels = parsePairs(pairs);
    const paths = Object.keys(labels).map((key) => `labels.${key}`);
    const { info: updated } = await containerd.snapshots.update({
      snapshotter,
      info: { name, labels },
      updateMask: { paths },
    });
    print(formatLabels(updated!.labels, ""));
  },
});

const tree = leaf<SnapshotterFlags>({
  name: "tree",
  summary: "display tree view of snapshot branches",
  usage: "",
  async run({ flags: { snapshotter }, containerd }) {
    treeLines(await listAll(containerd, snapshotter)).forEach(print);
  },
});

const usage = leaf<SnapshotterFlags & { b?: true }>({
  name: "usage",
  summary: "usage snapshots",
  usage: "[flags] [<key>, ...]",
  options: [flag("-b", "display size in bytes")],
  async run({ flags: { snapshotter, b: inBytes }, args, containerd }) {
    const keys = args.length > 0 ? args : (await listAll(containerd, snapshotter)).map(({ name }) => name);
    const rows: string[] = [];
    for (const key of keys) rows.push(usageRow(key, await containerd.snapshots.usage({ snapshotter, key }), inBytes));
    printTable(["KEY\tSIZE\tINODES\t", ...rows], NARROW);
  },
});

function usageRow(key: string, { size, inodes }: UsageResponse, inBytes = false): string {
  return `${key}\t${inBytes ? size : binarySize(Number(size))}\t${inodes}\t`;
}

export const snapshots: Group = {
  name: "snapshots",
  summary: "manage snapshots",
  options: [SNAPSHOTTER_OPTION],
  commands: [
    commit,
    diff,
    info,
    list,
    mounts,
    making("prepare", "prepare a snapshot from a committed snapshot"),
    remove,
    label,
    tree,
    unpack,
    usage,
    making("view", "create a read-only snapshot from a committed snapshot"),
  ],
};
