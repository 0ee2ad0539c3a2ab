/** The leases service: what clients keep from being collected. */
import { randomBytes } from "node:crypto";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { namespaceOf } from "../../proto/call.ts";
import { type Lease as LeaseMessage, Leases, type Resource } from "../../proto/gen/leases_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import type { Init } from "../../proto/message.ts";
import { timestampOf } from "../../proto/timestamps.ts";
import type { Lease, LeaseResource, Leases as LeaseStore } from "../metadata/leases.ts";

/** @param collectGarbage - Of deletions that wait for it. */
export function leasesService(leases: LeaseStore, collectGarbage: () => Promise<unknown>): Implementation {
  return implement(Leases, {
    create: ({ id, labels }, call) => ({
      lease: messageOf(leases.create(namespaceOf(call), { id: id || randomId(), labels })),
    }),
    delete: async ({ id, sync }, call) => {
      leases.delete(namespaceOf(call), id);
      if (sync) await collectGarbage();
      return {};
    },
    list: ({ filters }, call) => ({ leases: leases.list(namespaceOf(call), filters).map(messageOf) }),
    addResource: ({ id, resource }, call) => {
      leases.addResource(namespaceOf(call), id, resourceOf(resource));
      return {};
    },
    deleteResource: ({ id, resource }, call) => {
      leases.deleteResource(namespaceOf(call), id, resourceOf(resource));
      return {};
    },
    listResources: ({ id }, call) => ({ resources: leases.listResources(namespaceOf(call), id) }),
  });
}

/** `1574971234567890123-x9aF`: when, and who of those who came at the same time. */
function randomId(): string {
  return `${Date.now()}${process.hrtime.bigint() % 1_000_000n}-${randomBytes(3).toString("base64url")}`;
}

function resourceOf(resource: Resource | undefined): LeaseResource {
  if (!resource) throw new InvalidArgument("Cannot do that with no resource");
  return resource;
}

function messageOf({ id, labels, createdAt }: Lease): Init<LeaseMessage> {
  return { id, labels, createdAt: timestampOf(createdAt) };
}
