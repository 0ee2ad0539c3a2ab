/** The namespaces service. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { packAny } from "../../proto/any.ts";
import { type Call, NAMESPACE_KEY, namespaceOf } from "../../proto/call.ts";
import {
  NamespaceCreateSchema,
  NamespaceDeleteSchema,
  NamespaceUpdateSchema,
} from "../../proto/gen/event-messages_pb.ts";
import { type Namespace, Namespaces } from "../../proto/gen/namespaces_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import type { Exchange } from "../events/exchange.ts";
import type { Namespaces as NamespaceStore } from "../metadata/namespaces.ts";

export function namespacesService(namespaces: NamespaceStore, exchange: Exchange): Implementation {
  return implement(Namespaces, {
    get: ({ name }) => ({ namespace: { name, labels: namespaces.labels(name) } }),
    list: () => ({ namespaces: namespaces.list().map((name) => ({ name, labels: namespaces.labels(name) })) }),
    create: ({ namespace }, call) => {
      const { name, labels } = required(namespace);
      const teller = tellerOf(call, name);
      namespaces.create(name, labels);
      exchange.publish(teller, "/namespaces/create", packAny(NamespaceCreateSchema, { name, labels }));
      return { namespace: { name, labels } };
    },
    update: ({ namespace, updateMask }, call) => {
      const { name, labels: wanted } = required(namespace);
      const teller = tellerOf(call, name);
      const labels = namespaces.update(name, wanted, updateMask?.paths);
      exchange.publish(teller, "/namespaces/update", packAny(NamespaceUpdateSchema, { name, labels: wanted }));
      return { namespace: { name, labels } };
    },
    delete: ({ name }) => {
      namespaces.delete(name);
      exchange.publish(name, "/namespaces/delete", packAny(NamespaceDeleteSchema, { name }));
      return {};
    },
  });
}

/** In which namespace a creation or a change is told: the caller's; in the one itself, if the caller is in none. */
function tellerOf(call: Call, name: string): string {
  return call.metadata.get(NAMESPACE_KEY) ? namespaceOf(call) : name;
}

function required(namespace: Namespace | undefined): Namespace {
  if (!namespace) throw new InvalidArgument("Cannot do that with no namespace");
  return namespace;
}
