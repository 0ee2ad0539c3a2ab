import { message } from "../message.ts";
import type { Service } from "../service.ts";

// Made from health.proto by `pnpm proto`. Read that one.

export interface HealthCheckRequest {
  /**
   * Empty: the server as a whole.
   */
  service: string;
}

export const HealthCheckRequestSchema = message<HealthCheckRequest>("grpc.health.v1.HealthCheckRequest", {
  service: { number: 1, type: "string" },
});

export const HealthCheckResponse_ServingStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  SERVICE_UNKNOWN: 3,
} as const;
export type HealthCheckResponse_ServingStatus = (typeof HealthCheckResponse_ServingStatus)[keyof typeof HealthCheckResponse_ServingStatus];

export interface HealthCheckResponse {
  status: HealthCheckResponse_ServingStatus;
}

export const HealthCheckResponseSchema = message<HealthCheckResponse>("grpc.health.v1.HealthCheckResponse", {
  status: { number: 1, type: "enum" },
});

export const Health = {
  typeName: "grpc.health.v1.Health",
  method: {
    check: {
      name: "Check",
      kind: "unary",
      input: HealthCheckRequestSchema,
      output: HealthCheckResponseSchema,
    },
    /**
     * Answers now, and again whenever the answer changes.
     */
    watch: {
      name: "Watch",
      kind: "server_streaming",
      input: HealthCheckRequestSchema,
      output: HealthCheckResponseSchema,
    },
  },
} as const satisfies Service;

