/** The images service: names for content. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { packAny } from "../../proto/any.ts";
import { namespaceOf } from "../../proto/call.ts";
import {
  ImageCreateSchema,
  ImageDeleteSchema,
  type Image as ImageMessage,
  Images,
  ImageUpdateSchema,
} from "../../proto/gen/images_pb.ts";
import { DescriptorSchema } from "../../proto/gen/types_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import { create, type Init } from "../../proto/message.ts";
import { timestampOf } from "../../proto/timestamps.ts";
import type { Exchange } from "../events/exchange.ts";
import type { Image, ImageInit, Images as ImageStore } from "../metadata/images.ts";
import { descriptorMessage, descriptorOf } from "./descriptor.ts";

/** In the place of a target that nothing is taken from. */
const NO_DIGEST = `sha256:${"0".repeat(64)}`;

/** @param collectGarbage - Of deletions that wait for it. */
export function imagesService(
  images: ImageStore,
  exchange: Exchange,
  collectGarbage: () => Promise<unknown>,
): Implementation {
  return implement(Images, {
    get: ({ name }, call) => ({ image: messageOf(images.get(namespaceOf(call), name)) }),
    list: ({ filters }, call) => ({ images: images.list(namespaceOf(call), filters).map(messageOf) }),
    create: ({ image: wanted }, call) => {
      const namespace = namespaceOf(call);
      const image = images.create(namespace, initOf(wanted));
      const { name, labels } = image;
      exchange.publish(namespace, "/images/create", packAny(ImageCreateSchema, { name, labels }));
      return { image: messageOf(image) };
    },
    update: ({ image: wanted, updateMask }, call) => {
      const namespace = namespaceOf(call);
      const image = images.update(namespace, updateOf(wanted, updateMask?.paths), updateMask?.paths);
      const { name, labels } = image;
      exchange.publish(namespace, "/images/update", packAny(ImageUpdateSchema, { name, labels }));
      return { image: messageOf(image) };
    },
    delete: async ({ name, sync }, call) => {
      const namespace = namespaceOf(call);
      images.delete(namespace, name);
      exchange.publish(namespace, "/images/delete", packAny(ImageDeleteSchema, { name }));
      if (sync) await collectGarbage();
      return {};
    },
  });
}

/** A client that changes labels alone says nothing of the target. */
function updateOf(message: ImageMessage | undefined, paths: readonly string[] = []): ImageInit {
  if (!message || paths.length === 0 || paths.includes("target")) return initOf(message);
  return initOf({ ...message, target: { ...(message.target ?? create(DescriptorSchema)), digest: NO_DIGEST } });
}

function initOf(message: ImageMessage | undefined): ImageInit {
  if (!message) throw new InvalidArgument("Cannot do that with no image");
  const { name, labels, target } = message;
  return { name, labels, target: descriptorOf(target, "Target") };
}

function messageOf({ name, labels, target, createdAt, updatedAt }: Image): Init<ImageMessage> {
  return {
    name,
    labels,
    target: descriptorMessage(target),
    createdAt: timestampOf(createdAt),
    updatedAt: timestampOf(updatedAt),
  };
}
