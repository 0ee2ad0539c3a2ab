import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import { message } from "../message.ts";
import type { FieldMask } from "./google/protobuf/field_mask_pb.ts";
import { FieldMaskSchema } from "./google/protobuf/field_mask_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from content.proto by `pnpm proto`. Read that one.

/**
 * What a request of Write is for.
 */
export const WriteAction = {
  /**
   * Only tell how far the ingest is.
   */
  STAT: 0,
  WRITE: 1,
  /**
   * Write `data`, if any, then make a blob of the ingest: total and expected must be right, if given.
   */
  COMMIT: 2,
} as const;
export type WriteAction = (typeof WriteAction)[keyof typeof WriteAction];

/**
 * A blob.
 */
export interface Info {
  digest: string;
  size: bigint;
  createdAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
  labels: Record<string, string>;
}

export const InfoSchema = message<Info>("containerd.services.content.v1.Info", {
  digest: { number: 1, type: "string" },
  size: { number: 2, type: "int64" },
  created_at: { number: 3, type: () => TimestampSchema },
  updated_at: { number: 4, type: () => TimestampSchema },
  labels: { number: 5, type: "string", many: "map" },
});

export interface InfoRequest {
  digest: string;
}

export const InfoRequestSchema = message<InfoRequest>("containerd.services.content.v1.InfoRequest", {
  digest: { number: 1, type: "string" },
});

export interface InfoResponse {
  info?: Info | undefined;
}

export const InfoResponseSchema = message<InfoResponse>("containerd.services.content.v1.InfoResponse", {
  info: { number: 1, type: () => InfoSchema },
});

export interface UpdateRequest {
  info?: Info | undefined;
  updateMask?: FieldMask | undefined;
}

export const UpdateRequestSchema = message<UpdateRequest>("containerd.services.content.v1.UpdateRequest", {
  info: { number: 1, type: () => InfoSchema },
  update_mask: { number: 2, type: () => FieldMaskSchema },
});

export interface UpdateResponse {
  info?: Info | undefined;
}

export const UpdateResponseSchema = message<UpdateResponse>("containerd.services.content.v1.UpdateResponse", {
  info: { number: 1, type: () => InfoSchema },
});

export interface ListContentRequest {
  filters: string[];
}

export const ListContentRequestSchema = message<ListContentRequest>("containerd.services.content.v1.ListContentRequest", {
  filters: { number: 1, type: "string", many: "repeated" },
});

export interface ListContentResponse {
  info: Info[];
}

export const ListContentResponseSchema = message<ListContentResponse>("containerd.services.content.v1.ListContentResponse", {
  info: { number: 1, type: () => InfoSchema, many: "repeated" },
});

export interface DeleteContentRequest {
  digest: string;
}

export const DeleteContentRequestSchema = message<DeleteContentRequest>("containerd.services.content.v1.DeleteContentRequest", {
  digest: { number: 1, type: "string" },
});

export interface ReadContentRequest {
  digest: string;
  offset: bigint;
  size: bigint;
}

export const ReadContentRequestSchema = message<ReadContentRequest>("containerd.services.content.v1.ReadContentRequest", {
  digest: { number: 1, type: "string" },
  offset: { number: 2, type: "int64" },
  size: { number: 3, type: "int64" },
});

export interface ReadContentResponse {
  offset: bigint;
  data: Uint8Array;
}

export const ReadContentResponseSchema = message<ReadContentResponse>("containerd.services.content.v1.ReadContentResponse", {
  offset: { number: 1, type: "int64" },
  data: { number: 2, type: "bytes" },
});

/**
 * An ingest.
 */
export interface Status {
  startedAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
  /**
   * The client's name for it, the same at each attempt.
   */
  ref: string;
  /**
   * Bytes written so far.
   */
  offset: bigint;
  /**
   * Bytes that there will be. 0: not known.
   */
  total: bigint;
  /**
   * The digest that there will be. Empty: not known.
   */
  expected: string;
}

export const StatusSchema = message<Status>("containerd.services.content.v1.Status", {
  started_at: { number: 1, type: () => TimestampSchema },
  updated_at: { number: 2, type: () => TimestampSchema },
  ref: { number: 3, type: "string" },
  offset: { number: 4, type: "int64" },
  total: { number: 5, type: "int64" },
  expected: { number: 6, type: "string" },
});

export interface StatusRequest {
  ref: string;
}

export const StatusRequestSchema = message<StatusRequest>("containerd.services.content.v1.StatusRequest", {
  ref: { number: 1, type: "string" },
});

export interface StatusResponse {
  status?: Status | undefined;
}

export const StatusResponseSchema = message<StatusResponse>("containerd.services.content.v1.StatusResponse", {
  status: { number: 1, type: () => StatusSchema },
});

export interface ListStatusesRequest {
  filters: string[];
}

export const ListStatusesRequestSchema = message<ListStatusesRequest>("containerd.services.content.v1.ListStatusesRequest", {
  filters: { number: 1, type: "string", many: "repeated" },
});

export interface ListStatusesResponse {
  statuses: Status[];
}

export const ListStatusesResponseSchema = message<ListStatusesResponse>("containerd.services.content.v1.ListStatusesResponse", {
  statuses: { number: 1, type: () => StatusSchema, many: "repeated" },
});

export interface WriteContentRequest {
  action: WriteAction;
  /**
   * Needed in the first request.
   */
  ref: string;
  total: bigint;
  expected: string;
  /**
   * Where data goes.
   */
  offset: bigint;
  data: Uint8Array;
  /**
   * Of the blob. Only at COMMIT.
   */
  labels: Record<string, string>;
}

export const WriteContentRequestSchema = message<WriteContentRequest>("containerd.services.content.v1.WriteContentRequest", {
  action: { number: 1, type: "enum" },
  ref: { number: 2, type: "string" },
  total: { number: 3, type: "int64" },
  expected: { number: 4, type: "string" },
  offset: { number: 5, type: "int64" },
  data: { number: 6, type: "bytes" },
  labels: { number: 7, type: "string", many: "map" },
});

export interface WriteContentResponse {
  action: WriteAction;
  startedAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
  offset: bigint;
  total: bigint;
  /**
   * Of all that was written so far.
   */
  digest: string;
}

export const WriteContentResponseSchema = message<WriteContentResponse>("containerd.services.content.v1.WriteContentResponse", {
  action: { number: 1, type: "enum" },
  started_at: { number: 2, type: () => TimestampSchema },
  updated_at: { number: 3, type: () => TimestampSchema },
  offset: { number: 4, type: "int64" },
  total: { number: 5, type: "int64" },
  digest: { number: 6, type: "string" },
});

export interface AbortRequest {
  ref: string;
}

export const AbortRequestSchema = message<AbortRequest>("containerd.services.content.v1.AbortRequest", {
  ref: { number: 1, type: "string" },
});

export const Content = {
  typeName: "containerd.services.content.v1.Content",
  method: {
    /**
     * Of a blob. NotFound if it is not there.
     */
    info: {
      name: "Info",
      kind: "unary",
      input: InfoRequestSchema,
      output: InfoResponseSchema,
    },
    /**
     * Changes labels, nothing else can change.
     */
    update: {
      name: "Update",
      kind: "unary",
      input: UpdateRequestSchema,
      output: UpdateResponseSchema,
    },
    list: {
      name: "List",
      kind: "server_streaming",
      input: ListContentRequestSchema,
      output: ListContentResponseSchema,
    },
    delete: {
      name: "Delete",
      kind: "unary",
      input: DeleteContentRequestSchema,
      output: EmptySchema,
    },
    /**
     * Of a part, or to the end if size is 0.
     */
    read: {
      name: "Read",
      kind: "server_streaming",
      input: ReadContentRequestSchema,
      output: ReadContentResponseSchema,
    },
    /**
     * Of an ingest.
     */
    status: {
      name: "Status",
      kind: "unary",
      input: StatusRequestSchema,
      output: StatusResponseSchema,
    },
    listStatuses: {
      name: "ListStatuses",
      kind: "unary",
      input: ListStatusesRequestSchema,
      output: ListStatusesResponseSchema,
    },
    /**
     * Writes an ingest and makes it a blob. Each request is answered by one response; whatever was written before the line dropped is
     *  there when the same ref is opened again.
     */
    write: {
      name: "Write",
      kind: "bidi_streaming",
      input: WriteContentRequestSchema,
      output: WriteContentResponseSchema,
    },
    /**
     * Forgets an ingest.
     */
    abort: {
      name: "Abort",
      kind: "unary",
      input: AbortRequestSchema,
      output: EmptySchema,
    },
  },
} as const satisfies Service;

