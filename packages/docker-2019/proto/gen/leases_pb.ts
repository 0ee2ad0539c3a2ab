import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import { message } from "../message.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from leases.proto by `pnpm proto`. Read that one.

export interface Lease {
  id: string;
  createdAt?: Timestamp | undefined;
  labels: Record<string, string>;
}

export const LeaseSchema = message<Lease>("containerd.services.leases.v1.Lease", {
  id: { number: 1, type: "string" },
  created_at: { number: 2, type: () => TimestampSchema },
  labels: { number: 3, type: "string", many: "map" },
});

export interface CreateRequest {
  /**
   * Empty: one is made up.
   */
  id: string;
  /**
   * "containerd.io/gc.expire" (RFC 3339) ends it by itself.
   */
  labels: Record<string, string>;
}

export const CreateRequestSchema = message<CreateRequest>("containerd.services.leases.v1.CreateRequest", {
  id: { number: 1, type: "string" },
  labels: { number: 3, type: "string", many: "map" },
});

export interface CreateResponse {
  lease?: Lease | undefined;
}

export const CreateResponseSchema = message<CreateResponse>("containerd.services.leases.v1.CreateResponse", {
  lease: { number: 1, type: () => LeaseSchema },
});

export interface DeleteRequest {
  id: string;
  /**
   * Return when the garbage that this made is collected.
   */
  sync: boolean;
}

export const DeleteRequestSchema = message<DeleteRequest>("containerd.services.leases.v1.DeleteRequest", {
  id: { number: 1, type: "string" },
  sync: { number: 2, type: "bool" },
});

export interface ListRequest {
  filters: string[];
}

export const ListRequestSchema = message<ListRequest>("containerd.services.leases.v1.ListRequest", {
  filters: { number: 1, type: "string", many: "repeated" },
});

export interface ListResponse {
  leases: Lease[];
}

export const ListResponseSchema = message<ListResponse>("containerd.services.leases.v1.ListResponse", {
  leases: { number: 1, type: () => LeaseSchema, many: "repeated" },
});

/**
 * What a lease can hold.
 */
export interface Resource {
  /**
   * A digest, a snapshot's key or name, an ingest's ref.
   */
  id: string;
  /**
   * "content", "snapshots/<snapshotter>", "ingests".
   */
  type: string;
}

export const ResourceSchema = message<Resource>("containerd.services.leases.v1.Resource", {
  id: { number: 1, type: "string" },
  type: { number: 2, type: "string" },
});

export interface AddResourceRequest {
  id: string;
  resource?: Resource | undefined;
}

export const AddResourceRequestSchema = message<AddResourceRequest>("containerd.services.leases.v1.AddResourceRequest", {
  id: { number: 1, type: "string" },
  resource: { number: 2, type: () => ResourceSchema },
});

export interface DeleteResourceRequest {
  id: string;
  resource?: Resource | undefined;
}

export const DeleteResourceRequestSchema = message<DeleteResourceRequest>("containerd.services.leases.v1.DeleteResourceRequest", {
  id: { number: 1, type: "string" },
  resource: { number: 2, type: () => ResourceSchema },
});

export interface ListResourcesRequest {
  id: string;
}

export const ListResourcesRequestSchema = message<ListResourcesRequest>("containerd.services.leases.v1.ListResourcesRequest", {
  id: { number: 1, type: "string" },
});

export interface ListResourcesResponse {
  resources: Resource[];
}

export const ListResourcesResponseSchema = message<ListResourcesResponse>("containerd.services.leases.v1.ListResourcesResponse", {
  resources: { number: 1, type: () => ResourceSchema, many: "repeated" },
});

export const Leases = {
  typeName: "containerd.services.leases.v1.Leases",
  method: {
    create: {
      name: "Create",
      kind: "unary",
      input: CreateRequestSchema,
      output: CreateResponseSchema,
    },
    delete: {
      name: "Delete",
      kind: "unary",
      input: DeleteRequestSchema,
      output: EmptySchema,
    },
    list: {
      name: "List",
      kind: "unary",
      input: ListRequestSchema,
      output: ListResponseSchema,
    },
    addResource: {
      name: "AddResource",
      kind: "unary",
      input: AddResourceRequestSchema,
      output: EmptySchema,
    },
    deleteResource: {
      name: "DeleteResource",
      kind: "unary",
      input: DeleteResourceRequestSchema,
      output: EmptySchema,
    },
    listResources: {
      name: "ListResources",
      kind: "unary",
      input: ListResourcesRequestSchema,
      output: ListResourcesResponseSchema,
    },
  },
} as const satisfies Service;

