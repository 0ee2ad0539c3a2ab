import { message } from "../message.ts";
import type { Timestamp } from "./google/protobuf/timestamp_pb.ts";
import { TimestampSchema } from "./google/protobuf/timestamp_pb.ts";
import type { Any } from "./google/protobuf/any_pb.ts";
import { AnySchema } from "./google/protobuf/any_pb.ts";

// Made from types.proto by `pnpm proto`. Read that one.

/**
 * What an image, or this host, runs on; the words of the OCI image specification.
 */
export interface Platform {
  os: string;
  architecture: string;
  variant: string;
}

export const PlatformSchema = message<Platform>("containerd.types.Platform", {
  os: { number: 1, type: "string" },
  architecture: { number: 2, type: "string" },
  variant: { number: 3, type: "string" },
});

/**
 * What one task used until `timestamp`.
 */
export interface Metric {
  timestamp?: Timestamp | undefined;
  /**
   * The container's id.
   */
  id: string;
  /**
   * io.containerd.cgroups.v1.Metrics or io.containerd.cgroups.v2.Metrics.
   */
  data?: Any | undefined;
}

export const MetricSchema = message<Metric>("containerd.types.Metric", {
  timestamp: { number: 1, type: () => TimestampSchema },
  id: { number: 2, type: "string" },
  data: { number: 3, type: () => AnySchema },
});

/**
 * A mount to be made, in the words of mount(8).
 */
export interface Mount {
  type: string;
  source: string;
  /**
   * Where below the root of the mounts. Empty: at the root itself.
   */
  target: string;
  options: string[];
}

export const MountSchema = message<Mount>("containerd.types.Mount", {
  type: { number: 1, type: "string" },
  source: { number: 2, type: "string" },
  target: { number: 3, type: "string" },
  options: { number: 4, type: "string", many: "repeated" },
});

/**
 * Points at a blob: OCI image specification, descriptor.md.
 */
export interface Descriptor {
  mediaType: string;
  digest: string;
  /**
   * Bytes.
   */
  size: bigint;
  annotations: Record<string, string>;
}

export const DescriptorSchema = message<Descriptor>("containerd.types.Descriptor", {
  media_type: { number: 1, type: "string" },
  digest: { number: 2, type: "string" },
  size: { number: 3, type: "int64" },
  annotations: { number: 5, type: "string", many: "map" },
});

