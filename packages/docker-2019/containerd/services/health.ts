/**
 * gRPC's own health service. dockerd asks it whether the containerd that it has started is well, and when one that was away is back.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import { setTimeout as delay } from "node:timers/promises";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../proto/gen/health_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";

const LOOK_AGAIN_MS = 2 ** 30;

/** containerd is well as long as it answers: there is no service that could be ill alone. */
export function healthService(): Implementation {
  return implement(Health, {
    check: ({ service }) => {
      if (service !== "") throw new NotFound("unknown service");
      return { status: Status.SERVING };
    },
    watch: async function* ({ service }, { signal }) {
      yield { status: service === "" ? Status.SERVING : Status.SERVICE_UNKNOWN };
      while (!signal.aborted) await delay(LOOK_AGAIN_MS, undefined, { signal }); // it doesn't change
    },
  });
}
