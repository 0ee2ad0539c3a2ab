/** A container as `ctr containers info` shows it: with the names of containerd's Go structure, not those of the wire. */
import { SPEC_URL, unpackJson } from "../../proto/any.ts";
import type { Container } from "../../proto/gen/containers_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { rfc3339Nano } from "../output/time.ts";

export function containerJson(container: Container): unknown {
  const { id, labels, image, runtime, snapshotKey, snapshotter, createdAt, updatedAt, extensions } = container;
  return {
    ID: id,
    Labels: Object.fromEntries(Object.entries(labels).sort()),
    Image: image,
    Runtime: { Name: runtime?.name ?? "", Options: runtime?.options ? anyJson(runtime.options) : null },
    SnapshotKey: snapshotKey,
    Snapshotter: snapshotter,
    CreatedAt: rfc3339Nano(createdAt),
    UpdatedAt: rfc3339Nano(updatedAt),
    Extensions: Object.keys(extensions).length > 0 ? mapValues(extensions, anyJson) : null,
    Spec: specJson(container),
  };
}

/** The spec, whose JSON it is; null without one. */
export function specJson({ spec }: Container): unknown {
  return spec === undefined ? null : unpackJson(SPEC_URL, spec);
}

function anyJson({ typeUrl, value }: Any): unknown {
  return { type_url: typeUrl, ...(value.length > 0 && { value: Buffer.from(value).toString("base64") }) };
}

function mapValues(map: Readonly<Record<string, Any>>, change: (value: Any) => unknown): unknown {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
