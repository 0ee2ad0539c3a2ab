/**
 * An Any: some message's bytes, and a type_url that says which.
 *
 * containerd writes the type_url without a host: `containerd.events.TaskExit`. It also puts JSON into Anys, of types that the OCI runtime
 * specification knows: `types.containerd.io/opencontainers/runtime-spec/1/Spec`.
 *
 * @see https://github.com/containerd/typeurl
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Any } from "./gen/google/protobuf/any_pb.ts";
import { fromBinary, type Init, type Schema, toBinary } from "./message.ts";

/** The type_urls of JSON values. */
export const SPEC_URL = "types.containerd.io/opencontainers/runtime-spec/1/Spec";
export const PROCESS_URL = "types.containerd.io/opencontainers/runtime-spec/1/Process";
export const LINUX_RESOURCES_URL = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";

/** A message as an Any. */
export function packAny<T extends object>(schema: Schema<T>, init: Init<T>): Any {
  return { typeUrl: schema.typeName, value: toBinary(schema, init) };
}

/** A JSON value as an Any. */
export function packJson(typeUrl: string, value: unknown): Any {
  return { typeUrl, value: Buffer.from(JSON.stringify(value)) };
}

/** The name of the message in an Any: what follows the last `/`, for some writers put a host before it. */
export function typeNameOf(any: Any): string {
  return any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1);
}

/** Whether an Any holds a message of this schema. */
export function isAny(any: Any, schema: Schema<object>): boolean {
  return typeNameOf(any) === schema.typeName;
}

/**
 * The message in an Any.
 *
 * @throws {InvalidArgument} When it is of another type, or not protobuf.
 */
export function unpackAny<T extends object>(schema: Schema<T>, any: Any): T {
  if (!isAny(any, schema)) throw new InvalidArgument(`Cannot read a ${schema.typeName} from an Any of ${any.typeUrl}`);
  return fromBinary(schema, any.value);
}

/**
 * The JSON value in an Any, unchecked.
 *
 * @throws {InvalidArgument} When it is of another type than `typeUrl`, or not JSON.
 */
export function unpackJson(typeUrl: string, any: Any): unknown {
  if (any.typeUrl !== typeUrl) throw new InvalidArgument(`Cannot read a ${typeUrl} from an Any of ${any.typeUrl}`);
  try {
    return JSON.parse(Buffer.from(any.value).toString());
  } catch (cause) {
    throw new InvalidArgument(`Cannot read the JSON of an Any of ${typeUrl}: ${(cause as Error).message}`, { cause });
  }
}
