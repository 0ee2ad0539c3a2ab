import type { Descriptor, Mount } from "./types_pb.ts";
import { DescriptorSchema, MountSchema } from "./types_pb.ts";
import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";
import { message } from "../message.ts";
import type { Service } from "../service.ts";

// Made from diff.proto by `pnpm proto`. Read that one.

export interface ApplyRequest {
  /**
   * The layer, a blob in the content store.
   */
  diff?: Descriptor | undefined;
  mounts: Mount[];
  /**
   * For stream processors, by their name.
   */
  payloads: Record<string, Any>;
}

export const ApplyRequestSchema = message<ApplyRequest>("containerd.services.diff.v1.ApplyRequest", {
  diff: { number: 1, type: () => DescriptorSchema },
  mounts: { number: 2, type: () => MountSchema, many: "repeated" },
  payloads: { number: 3, type: () => AnySchema, many: "map" },
});

export interface ApplyResponse {
  /**
   * The uncompressed tar: its digest is the layer's diffID.
   */
  applied?: Descriptor | undefined;
}

export const ApplyResponseSchema = message<ApplyResponse>("containerd.services.diff.v1.ApplyResponse", {
  applied: { number: 1, type: () => DescriptorSchema },
});

export interface DiffRequest {
  left: Mount[];
  right: Mount[];
  mediaType: string;
  /**
   * Of the ingest. Empty: one is made up.
   */
  ref: string;
  labels: Record<string, string>;
}

export const DiffRequestSchema = message<DiffRequest>("containerd.services.diff.v1.DiffRequest", {
  left: { number: 1, type: () => MountSchema, many: "repeated" },
  right: { number: 2, type: () => MountSchema, many: "repeated" },
  media_type: { number: 3, type: "string" },
  ref: { number: 4, type: "string" },
  labels: { number: 5, type: "string", many: "map" },
});

export interface DiffResponse {
  diff?: Descriptor | undefined;
}

export const DiffResponseSchema = message<DiffResponse>("containerd.services.diff.v1.DiffResponse", {
  diff: { number: 3, type: () => DescriptorSchema },
});

export const Diff = {
  typeName: "containerd.services.diff.v1.Diff",
  method: {
    /**
     * Unpacks a layer into the mounts.
     */
    apply: {
      name: "Apply",
      kind: "unary",
      input: ApplyRequestSchema,
      output: ApplyResponseSchema,
    },
    /**
     * Makes a layer of what `right` has and `left` has not, and stores it.
     */
    diff: {
      name: "Diff",
      kind: "unary",
      input: DiffRequestSchema,
      output: DiffResponseSchema,
    },
  },
} as const satisfies Service;

