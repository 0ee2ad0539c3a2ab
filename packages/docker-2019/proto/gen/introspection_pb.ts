import type { Platform } from "./types_pb.ts";
import { PlatformSchema } from "./types_pb.ts";
import type { Status } from "./status_pb.ts";
import { StatusSchema } from "./status_pb.ts";
import { message } from "../message.ts";
import { EmptySchema } from "./google/protobuf/empty_pb.ts";
import type { Service } from "../service.ts";

// Made from introspection.proto by `pnpm proto`. Read that one.

export interface Plugin {
  type: string;
  id: string;
  requires: string[];
  platforms: Platform[];
  exports: Record<string, string>;
  capabilities: string[];
  /**
   * Why it does not work. Absent: it works.
   */
  initErr?: Status | undefined;
}

export const PluginSchema = message<Plugin>("containerd.services.introspection.v1.Plugin", {
  type: { number: 1, type: "string" },
  id: { number: 2, type: "string" },
  requires: { number: 3, type: "string", many: "repeated" },
  platforms: { number: 4, type: () => PlatformSchema, many: "repeated" },
  exports: { number: 5, type: "string", many: "map" },
  capabilities: { number: 6, type: "string", many: "repeated" },
  init_err: { number: 7, type: () => StatusSchema },
});

export interface PluginsRequest {
  filters: string[];
}

export const PluginsRequestSchema = message<PluginsRequest>("containerd.services.introspection.v1.PluginsRequest", {
  filters: { number: 1, type: "string", many: "repeated" },
});

export interface PluginsResponse {
  plugins: Plugin[];
}

export const PluginsResponseSchema = message<PluginsResponse>("containerd.services.introspection.v1.PluginsResponse", {
  plugins: { number: 1, type: () => PluginSchema, many: "repeated" },
});

export interface ServerResponse {
  /**
   * Made once, when containerd first used its root directory.
   */
  uuid: string;
}

export const ServerResponseSchema = message<ServerResponse>("containerd.services.introspection.v1.ServerResponse", {
  uuid: { number: 1, type: "string" },
});

/**
 * Answers without a namespace.
 */
export const Introspection = {
  typeName: "containerd.services.introspection.v1.Introspection",
  method: {
    plugins: {
      name: "Plugins",
      kind: "unary",
      input: PluginsRequestSchema,
      output: PluginsResponseSchema,
    },
    server: {
      name: "Server",
      kind: "unary",
      input: EmptySchema,
      output: ServerResponseSchema,
    },
  },
} as const satisfies Service;

