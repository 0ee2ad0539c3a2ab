import { message } from "../message.ts";
import type { FieldMask } from "./google/protobuf/field_mask_pb.ts";
import { FieldMaskSchema } from "./google/protobuf/field_mask_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from namespaces.proto by `pnpm proto`. Read that one.

export interface Namespace {
  name: string;
  labels: Record<string, string>;
}

export const NamespaceSchema = message<Namespace>("containerd.services.namespaces.v1.Namespace", {
  name: { number: 1, type: "string" },
  labels: { number: 2, type: "string", many: "map" },
});

export interface GetNamespaceRequest {
  name: string;
}

export const GetNamespaceRequestSchema = message<GetNamespaceRequest>("containerd.services.namespaces.v1.GetNamespaceRequest", {
  name: { number: 1, type: "string" },
});

export interface GetNamespaceResponse {
  namespace?: Namespace | undefined;
}

export const GetNamespaceResponseSchema = message<GetNamespaceResponse>("containerd.services.namespaces.v1.GetNamespaceResponse", {
  namespace: { number: 1, type: () => NamespaceSchema },
});

export interface ListNamespacesRequest {
  filter: string;
}

export const ListNamespacesRequestSchema = message<ListNamespacesRequest>("containerd.services.namespaces.v1.ListNamespacesRequest", {
  filter: { number: 1, type: "string" },
});

export interface ListNamespacesResponse {
  namespaces: Namespace[];
}

export const ListNamespacesResponseSchema = message<ListNamespacesResponse>("containerd.services.namespaces.v1.ListNamespacesResponse", {
  namespaces: { number: 1, type: () => NamespaceSchema, many: "repeated" },
});

export interface CreateNamespaceRequest {
  namespace?: Namespace | undefined;
}

export const CreateNamespaceRequestSchema = message<CreateNamespaceRequest>("containerd.services.namespaces.v1.CreateNamespaceRequest", {
  namespace: { number: 1, type: () => NamespaceSchema },
});

export interface CreateNamespaceResponse {
  namespace?: Namespace | undefined;
}

export const CreateNamespaceResponseSchema = message<CreateNamespaceResponse>("containerd.services.namespaces.v1.CreateNamespaceResponse", {
  namespace: { number: 1, type: () => NamespaceSchema },
});

export interface UpdateNamespaceRequest {
  namespace?: Namespace | undefined;
  /**
   * "labels" for all of them, "labels.<key>" for one.
   */
  updateMask?: FieldMask | undefined;
}

export const UpdateNamespaceRequestSchema = message<UpdateNamespaceRequest>("containerd.services.namespaces.v1.UpdateNamespaceRequest", {
  namespace: { number: 1, type: () => NamespaceSchema },
  update_mask: { number: 2, type: () => FieldMaskSchema },
});

export interface UpdateNamespaceResponse {
  namespace?: Namespace | undefined;
}

export const UpdateNamespaceResponseSchema = message<UpdateNamespaceResponse>("containerd.services.namespaces.v1.UpdateNamespaceResponse", {
  namespace: { number: 1, type: () => NamespaceSchema },
});

export interface DeleteNamespaceRequest {
  name: string;
}

export const DeleteNamespaceRequestSchema = message<DeleteNamespaceRequest>("containerd.services.namespaces.v1.DeleteNamespaceRequest", {
  name: { number: 1, type: "string" },
});

/**
 * Answers without a namespace in the metadata.
 */
export const Namespaces = {
  typeName: "containerd.services.namespaces.v1.Namespaces",
  method: {
    get: {
      name: "Get",
      kind: "unary",
      input: GetNamespaceRequestSchema,
      output: GetNamespaceResponseSchema,
    },
    list: {
      name: "List",
      kind: "unary",
      input: ListNamespacesRequestSchema,
      output: ListNamespacesResponseSchema,
    },
    create: {
      name: "Create",
      kind: "unary",
      input: CreateNamespaceRequestSchema,
      output: CreateNamespaceResponseSchema,
    },
    update: {
      name: "Update",
      kind: "unary",
      input: UpdateNamespaceRequestSchema,
      output: UpdateNamespaceResponseSchema,
    },
    /**
     * Only an empty one: FailedPrecondition otherwise.
     */
    delete: {
      name: "Delete",
      kind: "unary",
      input: DeleteNamespaceRequestSchema,
      output: EmptySchema,
    },
  },
} as const satisfies Service;

