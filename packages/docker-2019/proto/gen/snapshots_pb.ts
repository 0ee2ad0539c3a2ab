import { message } from "../message.ts";
import type { Mount } from "./types_pb.ts";
import { MountSchema } from "./types_pb.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import type { FieldMask } from "./google/protobuf/field_mask_pb.ts";
import { FieldMaskSchema } from "./google/protobuf/field_mask_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from snapshots.proto by `pnpm proto`. Read that one.

export const Kind = {
  UNKNOWN: 0,
  VIEW: 1,
  ACTIVE: 2,
  COMMITTED: 3,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface PrepareSnapshotRequest {
  /**
   * "overlayfs", "native", …
   */
  snapshotter: string;
  key: string;
  /**
   * A committed snapshot. Empty: start from nothing.
   */
  parent: string;
  labels: Record<string, string>;
}

export const PrepareSnapshotRequestSchema = message<PrepareSnapshotRequest>("containerd.services.snapshots.v1.PrepareSnapshotRequest", {
  snapshotter: { number: 1, type: "string" },
  key: { number: 2, type: "string" },
  parent: { number: 3, type: "string" },
  labels: { number: 4, type: "string", many: "map" },
});

export interface PrepareSnapshotResponse {
  mounts: Mount[];
}

export const PrepareSnapshotResponseSchema = message<PrepareSnapshotResponse>("containerd.services.snapshots.v1.PrepareSnapshotResponse", {
  mounts: { number: 1, type: () => MountSchema, many: "repeated" },
});

export interface ViewSnapshotRequest {
  snapshotter: string;
  key: string;
  parent: string;
  labels: Record<string, string>;
}

export const ViewSnapshotRequestSchema = message<ViewSnapshotRequest>("containerd.services.snapshots.v1.ViewSnapshotRequest", {
  snapshotter: { number: 1, type: "string" },
  key: { number: 2, type: "string" },
  parent: { number: 3, type: "string" },
  labels: { number: 4, type: "string", many: "map" },
});

export interface ViewSnapshotResponse {
  mounts: Mount[];
}

export const ViewSnapshotResponseSchema = message<ViewSnapshotResponse>("containerd.services.snapshots.v1.ViewSnapshotResponse", {
  mounts: { number: 1, type: () => MountSchema, many: "repeated" },
});

export interface MountsRequest {
  snapshotter: string;
  key: string;
}

export const MountsRequestSchema = message<MountsRequest>("containerd.services.snapshots.v1.MountsRequest", {
  snapshotter: { number: 1, type: "string" },
  key: { number: 2, type: "string" },
});

export interface MountsResponse {
  mounts: Mount[];
}

export const MountsResponseSchema = message<MountsResponse>("containerd.services.snapshots.v1.MountsResponse", {
  mounts: { number: 1, type: () => MountSchema, many: "repeated" },
});

export interface RemoveSnapshotRequest {
  snapshotter: string;
  key: string;
}

export const RemoveSnapshotRequestSchema = message<RemoveSnapshotRequest>("containerd.services.snapshots.v1.RemoveSnapshotRequest", {
  snapshotter: { number: 1, type: "string" },
  key: { number: 2, type: "string" },
});

export interface CommitSnapshotRequest {
  snapshotter: string;
  name: string;
  key: string;
  labels: Record<string, string>;
}

export const CommitSnapshotRequestSchema = message<CommitSnapshotRequest>("containerd.services.snapshots.v1.CommitSnapshotRequest", {
  snapshotter: { number: 1, type: "string" },
  name: { number: 2, type: "string" },
  key: { number: 3, type: "string" },
  labels: { number: 4, type: "string", many: "map" },
});

export interface StatSnapshotRequest {
  snapshotter: string;
  key: string;
}

export const StatSnapshotRequestSchema = message<StatSnapshotRequest>("containerd.services.snapshots.v1.StatSnapshotRequest", {
  snapshotter: { number: 1, type: "string" },
  key: { number: 2, type: "string" },
});

export interface Info {
  name: string;
  parent: string;
  kind: Kind;
  createdAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
  labels: Record<string, string>;
}

export const InfoSchema = message<Info>("containerd.services.snapshots.v1.Info", {
  name: { number: 1, type: "string" },
  parent: { number: 2, type: "string" },
  kind: { number: 3, type: "enum" },
  created_at: { number: 4, type: () => TimestampSchema },
  updated_at: { number: 5, type: () => TimestampSchema },
  labels: { number: 6, type: "string", many: "map" },
});

export interface StatSnapshotResponse {
  info?: Info | undefined;
}

export const StatSnapshotResponseSchema = message<StatSnapshotResponse>("containerd.services.snapshots.v1.StatSnapshotResponse", {
  info: { number: 1, type: () => InfoSchema },
});

export interface UpdateSnapshotRequest {
  snapshotter: string;
  info?: Info | undefined;
  updateMask?: FieldMask | undefined;
}

export const UpdateSnapshotRequestSchema = message<UpdateSnapshotRequest>("containerd.services.snapshots.v1.UpdateSnapshotRequest", {
  snapshotter: { number: 1, type: "string" },
  info: { number: 2, type: () => InfoSchema },
  update_mask: { number: 3, type: () => FieldMaskSchema },
});

export interface UpdateSnapshotResponse {
  info?: Info | undefined;
}

export const UpdateSnapshotResponseSchema = message<UpdateSnapshotResponse>("containerd.services.snapshots.v1.UpdateSnapshotResponse", {
  info: { number: 1, type: () => InfoSchema },
});

export interface ListSnapshotsRequest {
  snapshotter: string;
  filters: string[];
}

export const ListSnapshotsRequestSchema = message<ListSnapshotsRequest>("containerd.services.snapshots.v1.ListSnapshotsRequest", {
  snapshotter: { number: 1, type: "string" },
  filters: { number: 2, type: "string", many: "repeated" },
});

export interface ListSnapshotsResponse {
  info: Info[];
}

export const ListSnapshotsResponseSchema = message<ListSnapshotsResponse>("containerd.services.snapshots.v1.ListSnapshotsResponse", {
  info: { number: 1, type: () => InfoSchema, many: "repeated" },
});

export interface UsageRequest {
  snapshotter: string;
  key: string;
}

export const UsageRequestSchema = message<UsageRequest>("containerd.services.snapshots.v1.UsageRequest", {
  snapshotter: { number: 1, type: "string" },
  key: { number: 2, type: "string" },
});

/**
 * What the snapshot takes itself, without its parents.
 */
export interface UsageResponse {
  size: bigint;
  inodes: bigint;
}

export const UsageResponseSchema = message<UsageResponse>("containerd.services.snapshots.v1.UsageResponse", {
  size: { number: 1, type: "int64" },
  inodes: { number: 2, type: "int64" },
});

export interface CleanupRequest {
  snapshotter: string;
}

export const CleanupRequestSchema = message<CleanupRequest>("containerd.services.snapshots.v1.CleanupRequest", {
  snapshotter: { number: 1, type: "string" },
});

export const Snapshots = {
  typeName: "containerd.services.snapshots.v1.Snapshots",
  method: {
    /**
     * Makes an active snapshot, which can be written to.
     */
    prepare: {
      name: "Prepare",
      kind: "unary",
      input: PrepareSnapshotRequestSchema,
      output: PrepareSnapshotResponseSchema,
    },
    /**
     * Makes a view, which cannot.
     */
    view: {
      name: "View",
      kind: "unary",
      input: ViewSnapshotRequestSchema,
      output: ViewSnapshotResponseSchema,
    },
    /**
     * What to mount to see the active snapshot or view.
     */
    mounts: {
      name: "Mounts",
      kind: "unary",
      input: MountsRequestSchema,
      output: MountsResponseSchema,
    },
    /**
     * Makes of an active snapshot a committed one: parent of others, never changed again.
     */
    commit: {
      name: "Commit",
      kind: "unary",
      input: CommitSnapshotRequestSchema,
      output: EmptySchema,
    },
    remove: {
      name: "Remove",
      kind: "unary",
      input: RemoveSnapshotRequestSchema,
      output: EmptySchema,
    },
    stat: {
      name: "Stat",
      kind: "unary",
      input: StatSnapshotRequestSchema,
      output: StatSnapshotResponseSchema,
    },
    update: {
      name: "Update",
      kind: "unary",
      input: UpdateSnapshotRequestSchema,
      output: UpdateSnapshotResponseSchema,
    },
    list: {
      name: "List",
      kind: "server_streaming",
      input: ListSnapshotsRequestSchema,
      output: ListSnapshotsResponseSchema,
    },
    usage: {
      name: "Usage",
      kind: "unary",
      input: UsageRequestSchema,
      output: UsageResponseSchema,
    },
    /**
     * Frees now what Remove left for later.
     */
    cleanup: {
      name: "Cleanup",
      kind: "unary",
      input: CleanupRequestSchema,
      output: EmptySchema,
    },
  },
} as const satisfies Service;

