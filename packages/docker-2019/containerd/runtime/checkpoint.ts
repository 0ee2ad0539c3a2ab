/**
 * Checkpoints as content: what the shim has its runtime write into a directory becomes a blob, from which a task can be made again, here
 * or elsewhere.
 *
 *     task ─▶ shim ─▶ runc, criu ─▶ directory ─tar─▶ blob        and a second blob: the container's spec
 *     blob ─tar─▶ <bundle>/checkpoint ─▶ shim ─▶ runc, criu ─▶ task
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { applyTar } from "@eras/layers/apply.ts";
import { archiveTree } from "@eras/layers/archive.ts";
import { AlreadyExists, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { isAny, unpackAny } from "../../proto/any.ts";
import { type Any, AnySchema } from "../../proto/gen/google/protobuf/any_pb.ts";
import { CheckpointOptionsSchema as LinuxOptionsSchema } from "../../proto/gen/linux-runc-options_pb.ts";
import { CheckpointOptionsSchema } from "../../proto/gen/runc-options_pb.ts";
import { toBinary } from "../../proto/message.ts";
import type { ContentReader, ContentStore } from "../content/content-store.ts";
import type { Task } from "./task.ts";

const CHECKPOINT = "application/vnd.containerd.container.criu.checkpoint.criu.tar";
const CHECKPOINT_CONFIG = "application/vnd.containerd.container.checkpoint.config.v1+proto";
const READ_BYTES = 1 << 20;

/** What a checkpoint is made of, and where it goes. */
export interface CheckpointRequest {
  readonly task: Task;
  /** The container's. */
  readonly spec: Any;
  /** Of the runtime. */
  readonly options: Any | undefined;
  readonly store: ContentStore;
  /** A directory for files that are soon over. */
  readonly temporary: string;
}

/** @returns What was stored: nothing when the options name a directory of the client's own, which then has it. */
export async function checkpoint({ task, spec, options, store, temporary }: CheckpointRequest): Promise<Descriptor[]> {
  const imagePath = imagePathOf(options);
  if (imagePath !== "") {
    await task.checkpoint(imagePath, options);
    return [];
  }
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const dir = mkdtempSync(join(temporary, "checkpoint-"));
  try {
    await task.checkpoint(dir, options);
    const images = await storeBlob(store, CHECKPOINT, archiveTree(dir));
    return [images, await storeBlob(store, CHECKPOINT_CONFIG, [toBinary(AnySchema, spec)])];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Unpacks the images of a checkpoint into a directory, for the shim.
 *
 * @param blob - The caller closes it.
 * @throws {InvalidArgument} When the media type is another's.
 */
export async function unpackCheckpoint(mediaType: string, blob: ContentReader, dir: string): Promise<void> {
  if (mediaType !== CHECKPOINT) throw new InvalidArgument(`unsupported checkpoint type "${mediaType}"`);
  mkdirSync(dir, { mode: 0o700 });
  await applyTar(bytesOf(blob), dir, { whiteouts: "delete" });
}

function imagePathOf(options: Any | undefined): string {
  if (options && isAny(options, CheckpointOptionsSchema)) return unpackAny(CheckpointOptionsSchema, options).imagePath;
  return options && isAny(options, LinuxOptionsSchema) ? unpackAny(LinuxOptionsSchema, options).imagePath : "";
}

async function storeBlob(
  store: ContentStore,
  mediaType: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Descriptor> {
  const writer = await store.writer({ ref: `checkpoint-${randomUUID()}` });
  try {
    for await (const piece of pieces) await writer.write(piece);
    const [digest, { offset: size }] = [writer.digest(), writer.status()];
    await writer.commit({ size, expected: digest }).catch(ignoreExisting);
    return { mediaType, digest, size };
  } finally {
    await writer.close();
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof AlreadyExists)) throw error;
}

async function* bytesOf(blob: ContentReader): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < blob.size; offset += READ_BYTES) yield blob.read(offset, READ_BYTES);
}
