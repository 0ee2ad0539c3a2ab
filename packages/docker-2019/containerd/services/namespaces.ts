/** The namespaces service. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { packAny } from "../../proto/any.ts";
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
    create: ({ namespace }) => {
      const { name, labels } = required(namespace);
      namespaces.create(name, labels);
      exchange.publish(name, "/namespaces/create", packAny(NamespaceCreateSchema, { name, labels }));
      return { namespace: { name, labels } };
    },
    update: ({ namespace, updateMask }) => {
      const { name, labels: wanted } = required(namespace);
      const labels = namespaces.update(name, wanted, updateMask?.paths);
      exchange.publish(name, "/namespaces/update", packAny(NamespaceUpdateSchema, { name, labels }));
      return { namespace: { name, labels } };
    },
    delete: ({ name }) => {
      namespaces.delete(name);
      exchange.publish(name, "/namespaces/delete", packAny(NamespaceDeleteSchema, { name }));
      return {};
    },
  });
}

function required(namespace: Namespace | undefined): Namespace {
  if (!namespace) throw new InvalidArgument("Cannot do that with no namespace");
  return namespace;
}
