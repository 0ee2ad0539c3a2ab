/** The containers service: records of what could run. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { packAny } from "../../proto/any.ts";
import { namespaceOf } from "../../proto/call.ts";
import { type Container as ContainerMessage, Containers } from "../../proto/gen/containers_pb.ts";
import {
  ContainerCreateSchema,
  ContainerDeleteSchema,
  ContainerUpdateSchema,
} from "../../proto/gen/event-messages_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import type { Init } from "../../proto/message.ts";
import { timestampOf } from "../../proto/timestamps.ts";
import { step } from "../../step.ts";
import type { Exchange } from "../events/exchange.ts";
import type { Container, ContainerInit, Containers as ContainerStore } from "../metadata/containers.ts";

export function containersService(containers: ContainerStore, exchange: Exchange): Implementation {
  return implement(Containers, {
    get: ({ id }, call) => ({ container: messageOf(containers.get(namespaceOf(call), id)) }),
    list: ({ filters }, call) => ({ containers: containers.list(namespaceOf(call), filters).map(messageOf) }),
    listStream: function* ({ filters }, call) {
      for (const container of containers.list(namespaceOf(call), filters)) yield { container: messageOf(container) };
    },
    create: ({ container: wanted }, call) => {
      const container = createContainer(containers, exchange, namespaceOf(call), initOf(wanted));
      return { container: messageOf(container) };
    },
    update: ({ container: wanted, updateMask }, call) => {
      const namespace = namespaceOf(call);
      const container = containers.update(namespace, initOf(wanted), updateMask?.paths);
      const { id, image, labels, snapshotKey } = container;
      exchange.publish(
        namespace,
        "/containers/update",
        packAny(ContainerUpdateSchema, { id, image, labels, snapshotKey }),
      );
      return { container: messageOf(container) };
    },
    delete: ({ id }, call) => {
      const namespace = namespaceOf(call);
      containers.delete(namespace, id);
      exchange.publish(namespace, "/containers/delete", packAny(ContainerDeleteSchema, { id }));
      return {};
    },
  });
}

function createContainer(
  containers: ContainerStore,
  exchange: Exchange,
  namespace: string,
  init: ContainerInit,
): Container {
  step("containerd.create-container", { namespace, id: init.id });
  const container = containers.create(namespace, init);
  const { id, image, runtime } = container;
  exchange.publish(namespace, "/containers/create", packAny(ContainerCreateSchema, { id, image, runtime }));
  return container;
}

/** Without what is absent, which the store then finds missing; times are the store's to set. */
function initOf(message: ContainerMessage | undefined): ContainerInit {
  if (!message) throw new InvalidArgument("Cannot do that with no container");
  const { id, labels, image, runtime, spec, snapshotter, snapshotKey, extensions } = message;
  return {
    id,
    labels,
    image,
    snapshotter,
    snapshotKey,
    extensions,
    ...(spec && { spec }),
    ...(runtime && { runtime: { name: runtime.name, ...(runtime.options && { options: runtime.options }) } }),
  };
}

function messageOf({ createdAt, updatedAt, ...container }: Container): Init<ContainerMessage> {
  return { ...container, createdAt: timestampOf(createdAt), updatedAt: timestampOf(updatedAt) };
}
