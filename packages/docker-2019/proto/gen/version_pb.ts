import { message } from "../message.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from version.proto by `pnpm proto`. Read that one.

export interface VersionResponse {
  version: string;
  /**
   * The commit that it was built from.
   */
  revision: string;
}

export const VersionResponseSchema = message<VersionResponse>("containerd.services.version.v1.VersionResponse", {
  version: { number: 1, type: "string" },
  revision: { number: 2, type: "string" },
});

/**
 * Answers without a namespace.
 */
export const Version = {
  typeName: "containerd.services.version.v1.Version",
  method: {
    version: {
      name: "Version",
      kind: "unary",
      input: EmptySchema,
      output: VersionResponseSchema,
    },
  },
} as const satisfies Service;

