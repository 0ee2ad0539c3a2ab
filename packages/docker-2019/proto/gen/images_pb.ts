import type { Descriptor } from "./types_pb.ts";
import { DescriptorSchema } from "./types_pb.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import { message } from "../message.ts";
import type { FieldMask } from "./google/protobuf/field_mask_pb.ts";
import { FieldMaskSchema } from "./google/protobuf/field_mask_pb.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from images.proto by `pnpm proto`. Read that one.

export interface Image {
  name: string;
  labels: Record<string, string>;
  target?: Descriptor | undefined;
  createdAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
}

export const ImageSchema = message<Image>("containerd.services.images.v1.Image", {
  name: { number: 1, type: "string" },
  labels: { number: 2, type: "string", many: "map" },
  target: { number: 3, type: () => DescriptorSchema },
  created_at: { number: 7, type: () => TimestampSchema },
  updated_at: { number: 8, type: () => TimestampSchema },
});

export interface GetImageRequest {
  name: string;
}

export const GetImageRequestSchema = message<GetImageRequest>("containerd.services.images.v1.GetImageRequest", {
  name: { number: 1, type: "string" },
});

export interface GetImageResponse {
  image?: Image | undefined;
}

export const GetImageResponseSchema = message<GetImageResponse>("containerd.services.images.v1.GetImageResponse", {
  image: { number: 1, type: () => ImageSchema },
});

export interface CreateImageRequest {
  image?: Image | undefined;
}

export const CreateImageRequestSchema = message<CreateImageRequest>("containerd.services.images.v1.CreateImageRequest", {
  image: { number: 1, type: () => ImageSchema },
});

export interface CreateImageResponse {
  image?: Image | undefined;
}

export const CreateImageResponseSchema = message<CreateImageResponse>("containerd.services.images.v1.CreateImageResponse", {
  image: { number: 1, type: () => ImageSchema },
});

export interface UpdateImageRequest {
  image?: Image | undefined;
  /**
   * Which fields to take from `image`. Absent: all.
   */
  updateMask?: FieldMask | undefined;
}

export const UpdateImageRequestSchema = message<UpdateImageRequest>("containerd.services.images.v1.UpdateImageRequest", {
  image: { number: 1, type: () => ImageSchema },
  update_mask: { number: 2, type: () => FieldMaskSchema },
});

export interface UpdateImageResponse {
  image?: Image | undefined;
}

export const UpdateImageResponseSchema = message<UpdateImageResponse>("containerd.services.images.v1.UpdateImageResponse", {
  image: { number: 1, type: () => ImageSchema },
});

export interface ListImagesRequest {
  filters: string[];
}

export const ListImagesRequestSchema = message<ListImagesRequest>("containerd.services.images.v1.ListImagesRequest", {
  filters: { number: 1, type: "string", many: "repeated" },
});

export interface ListImagesResponse {
  images: Image[];
}

export const ListImagesResponseSchema = message<ListImagesResponse>("containerd.services.images.v1.ListImagesResponse", {
  images: { number: 1, type: () => ImageSchema, many: "repeated" },
});

export interface DeleteImageRequest {
  name: string;
  /**
   * Return when the garbage that this made is collected.
   */
  sync: boolean;
}

export const DeleteImageRequestSchema = message<DeleteImageRequest>("containerd.services.images.v1.DeleteImageRequest", {
  name: { number: 1, type: "string" },
  sync: { number: 2, type: "bool" },
});

/**
 * Topic /images/create.
 */
export interface ImageCreate {
  name: string;
  labels: Record<string, string>;
}

export const ImageCreateSchema = message<ImageCreate>("containerd.services.images.v1.ImageCreate", {
  name: { number: 1, type: "string" },
  labels: { number: 2, type: "string", many: "map" },
});

/**
 * Topic /images/update.
 */
export interface ImageUpdate {
  name: string;
  labels: Record<string, string>;
}

export const ImageUpdateSchema = message<ImageUpdate>("containerd.services.images.v1.ImageUpdate", {
  name: { number: 1, type: "string" },
  labels: { number: 2, type: "string", many: "map" },
});

/**
 * Topic /images/delete.
 */
export interface ImageDelete {
  name: string;
}

export const ImageDeleteSchema = message<ImageDelete>("containerd.services.images.v1.ImageDelete", {
  name: { number: 1, type: "string" },
});

export const Images = {
  typeName: "containerd.services.images.v1.Images",
  method: {
    get: {
      name: "Get",
      kind: "unary",
      input: GetImageRequestSchema,
      output: GetImageResponseSchema,
    },
    list: {
      name: "List",
      kind: "unary",
      input: ListImagesRequestSchema,
      output: ListImagesResponseSchema,
    },
    create: {
      name: "Create",
      kind: "unary",
      input: CreateImageRequestSchema,
      output: CreateImageResponseSchema,
    },
    update: {
      name: "Update",
      kind: "unary",
      input: UpdateImageRequestSchema,
      output: UpdateImageResponseSchema,
    },
    delete: {
      name: "Delete",
      kind: "unary",
      input: DeleteImageRequestSchema,
      output: EmptySchema,
    },
  },
} as const satisfies Service;

