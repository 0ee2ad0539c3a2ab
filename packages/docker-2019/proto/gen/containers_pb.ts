import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";
import { message } from "../message.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import type { FieldMask } from "./google/protobuf/field_mask_pb.ts";
import { FieldMaskSchema } from "./google/protobuf/field_mask_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from containers.proto by `pnpm proto`. Read that one.

export interface Container_Runtime {
  /**
   * "io.containerd.runc.v2", and so on: names the shim's binary.
   */
  name: string;
  options?: Any | undefined;
}

export const Container_RuntimeSchema = message<Container_Runtime>("containerd.services.containers.v1.Container.Runtime", {
  name: { number: 1, type: "string" },
  options: { number: 2, type: () => AnySchema },
});

export interface Container {
  id: string;
  labels: Record<string, string>;
  /**
   * An image's name; only told, never followed.
   */
  image: string;
  runtime?: Container_Runtime | undefined;
  /**
   * JSON of the OCI runtime specification, type_url types.containerd.io/opencontainers/runtime-spec/1/Spec.
   */
  spec?: Any | undefined;
  snapshotter: string;
  /**
   * The active snapshot that is its root.
   */
  snapshotKey: string;
  createdAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
  /**
   * Whatever clients keep with it, by their own names.
   */
  extensions: Record<string, Any>;
}

export const ContainerSchema = message<Container>("containerd.services.containers.v1.Container", {
  id: { number: 1, type: "string" },
  labels: { number: 2, type: "string", many: "map" },
  image: { number: 3, type: "string" },
  runtime: { number: 4, type: () => Container_RuntimeSchema },
  spec: { number: 5, type: () => AnySchema },
  snapshotter: { number: 6, type: "string" },
  snapshot_key: { number: 7, type: "string" },
  created_at: { number: 8, type: () => TimestampSchema },
  updated_at: { number: 9, type: () => TimestampSchema },
  extensions: { number: 10, type: () => AnySchema, many: "map" },
});

export interface GetContainerRequest {
  id: string;
}

export const GetContainerRequestSchema = message<GetContainerRequest>("containerd.services.containers.v1.GetContainerRequest", {
  id: { number: 1, type: "string" },
});

export interface GetContainerResponse {
  container?: Container | undefined;
}

export const GetContainerResponseSchema = message<GetContainerResponse>("containerd.services.containers.v1.GetContainerResponse", {
  container: { number: 1, type: () => ContainerSchema },
});

export interface ListContainersRequest {
  filters: string[];
}

export const ListContainersRequestSchema = message<ListContainersRequest>("containerd.services.containers.v1.ListContainersRequest", {
  filters: { number: 1, type: "string", many: "repeated" },
});

export interface ListContainersResponse {
  containers: Container[];
}

export const ListContainersResponseSchema = message<ListContainersResponse>("containerd.services.containers.v1.ListContainersResponse", {
  containers: { number: 1, type: () => ContainerSchema, many: "repeated" },
});

export interface CreateContainerRequest {
  container?: Container | undefined;
}

export const CreateContainerRequestSchema = message<CreateContainerRequest>("containerd.services.containers.v1.CreateContainerRequest", {
  container: { number: 1, type: () => ContainerSchema },
});

export interface CreateContainerResponse {
  container?: Container | undefined;
}

export const CreateContainerResponseSchema = message<CreateContainerResponse>("containerd.services.containers.v1.CreateContainerResponse", {
  container: { number: 1, type: () => ContainerSchema },
});

export interface UpdateContainerRequest {
  container?: Container | undefined;
  /**
   * Which fields to take from `container`. Absent: all.
   */
  updateMask?: FieldMask | undefined;
}

export const UpdateContainerRequestSchema = message<UpdateContainerRequest>("containerd.services.containers.v1.UpdateContainerRequest", {
  container: { number: 1, type: () => ContainerSchema },
  update_mask: { number: 2, type: () => FieldMaskSchema },
});

export interface UpdateContainerResponse {
  container?: Container | undefined;
}

export const UpdateContainerResponseSchema = message<UpdateContainerResponse>("containerd.services.containers.v1.UpdateContainerResponse", {
  container: { number: 1, type: () => ContainerSchema },
});

export interface DeleteContainerRequest {
  id: string;
}

export const DeleteContainerRequestSchema = message<DeleteContainerRequest>("containerd.services.containers.v1.DeleteContainerRequest", {
  id: { number: 1, type: "string" },
});

export interface ListContainerMessage {
  container?: Container | undefined;
}

export const ListContainerMessageSchema = message<ListContainerMessage>("containerd.services.containers.v1.ListContainerMessage", {
  container: { number: 1, type: () => ContainerSchema },
});

export const Containers = {
  typeName: "containerd.services.containers.v1.Containers",
  method: {
    get: {
      name: "Get",
      kind: "unary",
      input: GetContainerRequestSchema,
      output: GetContainerResponseSchema,
    },
    list: {
      name: "List",
      kind: "unary",
      input: ListContainersRequestSchema,
      output: ListContainersResponseSchema,
    },
    /**
     * The same list, a message each: it has no greatest size.
     */
    listStream: {
      name: "ListStream",
      kind: "server_streaming",
      input: ListContainersRequestSchema,
      output: ListContainerMessageSchema,
    },
    create: {
      name: "Create",
      kind: "unary",
      input: CreateContainerRequestSchema,
      output: CreateContainerResponseSchema,
    },
    update: {
      name: "Update",
      kind: "unary",
      input: UpdateContainerRequestSchema,
      output: UpdateContainerResponseSchema,
    },
    delete: {
      name: "Delete",
      kind: "unary",
      input: DeleteContainerRequestSchema,
      output: EmptySchema,
    },
  },
} as const satisfies Service;

