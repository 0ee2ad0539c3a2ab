/** The snapshots service: one service for all snapshotters, which requests name. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Mount } from "../../mounts.ts";
import { packAny } from "../../proto/any.ts";
import { type Call, leaseOf, namespaceOf } from "../../proto/call.ts";
import {
  SnapshotCommitSchema,
  SnapshotPrepareSchema,
  SnapshotRemoveSchema,
} from "../../proto/gen/event-messages_pb.ts";
import { type Info, Kind, Snapshots } from "../../proto/gen/snapshots_pb.ts";
import type { Mount as MountMessage } from "../../proto/gen/types_pb.ts";
import { type Handlers, type Implementation, implement } from "../../proto/grpc/server.ts";
import type { Init, Schema } from "../../proto/message.ts";
import { timestampOf } from "../../proto/timestamps.ts";
import type { Exchange } from "../events/exchange.ts";
import type { MetadataSnapshotter, NamespaceSnapshotter } from "../metadata/snapshots.ts";
import type { SnapshotInfo, SnapshotKind } from "../snapshots/snapshotter.ts";

/** Snapshots in one message of a list. */
const LISTED = 100;

const KINDS: Readonly<Record<SnapshotKind, Kind>> = { view: Kind.VIEW, active: Kind.ACTIVE, committed: Kind.COMMITTED };

/** What the service needs of the rest. */
export interface SnapshotModules {
  readonly snapshotters: readonly MetadataSnapshotter[];
  readonly exchange: Exchange;
  /** Frees what removals have left for later. */
  readonly collectGarbage: () => Promise<unknown>;
}

export function snapshotsService(modules: SnapshotModules): Implementation {
  const find = finder(modules.snapshotters);
  return implement(Snapshots, { ...makingHandlers(modules, find), ...lookHandlers(find) });
}

/** Finds the snapshotter that a request names, as the caller's namespace sees it. */
type Finder = (call: Call, name: string) => NamespaceSnapshotter;

function finder(snapshotters: readonly MetadataSnapshotter[]): Finder {
  return (call, wanted) => {
    if (wanted === "") throw new InvalidArgument("snapshotter argument missing");
    const found = snapshotters.find(({ name }) => name === wanted);
    if (!found) throw new InvalidArgument(`snapshotter not loaded: ${wanted}`);
    return found.in(namespaceOf(call), { lease: leaseOf(call) });
  };
}

function makingHandlers({ exchange, collectGarbage }: SnapshotModules, find: Finder): Handlers<typeof Snapshots> {
  const publish = <T extends object>(call: Call, what: string, schema: Schema<T>, event: Init<T>) =>
    exchange.publish(namespaceOf(call), `/snapshot/${what}`, packAny(schema, event));
  return {
    prepare: async ({ snapshotter, key, parent, labels }, call) => {
      const mounts = await find(call, snapshotter).prepare(key, parent || undefined, labels);
      publish(call, "prepare", SnapshotPrepareSchema, { key, parent });
      return { mounts: mounts.map(mountMessage) };
    },
    view: async ({ snapshotter, key, parent, labels }, call) => {
      const mounts = await find(call, snapshotter).view(key, parent || undefined, labels);
      return { mounts: mounts.map(mountMessage) };
    },
    commit: async ({ snapshotter, name, key, labels }, call) => {
      await find(call, snapshotter).commit(name, key, labels);
      publish(call, "commit", SnapshotCommitSchema, { key, name });
      return {};
    },
    remove: async ({ snapshotter, key }, call) => {
      await find(call, snapshotter).remove(key);
      publish(call, "remove", SnapshotRemoveSchema, { key });
      return {};
    },
    cleanup: async ({ snapshotter }, call) => {
      find(call, snapshotter);
      await collectGarbage();
      return {};
    },
  };
}

function lookHandlers(find: Finder): Handlers<typeof Snapshots> {
  return {
    mounts: async ({ snapshotter, key }, call) => ({
      mounts: (await find(call, snapshotter).mounts(key)).map(mountMessage),
    }),
    stat: async ({ snapshotter, key }, call) => ({ info: infoMessage(await find(call, snapshotter).stat(key)) }),
    update: async ({ snapshotter, info, updateMask }, call) => {
      if (!info) throw new InvalidArgument("Cannot update no snapshot");
      const updated = await find(call, snapshotter).update(info.name, info.labels, updateMask?.paths);
      return { info: infoMessage(updated) };
    },
    list: ({ snapshotter, filters }, call) => listed(find(call, snapshotter), filters),
    usage: async ({ snapshotter, key }, call) => {
      const { sizeBytes, inodes } = await find(call, snapshotter).usage(key);
      return { size: BigInt(sizeBytes), inodes: BigInt(inodes) };
    },
  };
}

async function* listed(snapshotter: NamespaceSnapshotter, filters: readonly string[]) {
  let info: Init<Info>[] = [];
  for await (const one of snapshotter.walk(filters)) {
    info.push(infoMessage(one));
    if (info.length < LISTED) continue;
    yield { info };
    info = [];
  }
  if (info.length > 0) yield { info };
}

function infoMessage({ name, parent = "", kind, labels, created, updated }: SnapshotInfo): Init<Info> {
  return {
    name,
    parent,
    kind: KINDS[kind],
    labels,
    createdAt: timestampOf(created),
    updatedAt: timestampOf(updated),
  };
}

function mountMessage({ type, source, target = "", options }: Mount): Init<MountMessage> {
  return { type, source, target, options };
}
