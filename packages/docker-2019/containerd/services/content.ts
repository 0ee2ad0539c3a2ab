/** The content service: what lies in the store. Writing is a conversation of its own: content-write.ts. */
import { type Digest, parseDigest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, OutOfRange } from "@eras/oci-spec/errdefs.ts";
import { packAny } from "../../proto/any.ts";
import { type Call, leaseOf, namespaceOf } from "../../proto/call.ts";
import {
  Content,
  type Info,
  type ReadContentRequest,
  type ReadContentResponse,
  type Status,
} from "../../proto/gen/content_pb.ts";
import { ContentDeleteSchema } from "../../proto/gen/event-messages_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import type { Init } from "../../proto/message.ts";
import { timestampOf } from "../../proto/timestamps.ts";
import type { ContentInfo, ContentReader, IngestStatus, LabelledContentStore } from "../content/content-store.ts";
import type { Exchange } from "../events/exchange.ts";
import type { MetadataContent } from "../metadata/content.ts";
import { writeContent } from "./content-write.ts";

/** Bytes of a blob in one message. */
const READ_BYTES = 1 << 20;
/** Blobs in one message of a list. */
const LISTED = 100;

export function contentService(content: MetadataContent, exchange: Exchange): Implementation {
  const storeOf = (call: Call) => content.in(namespaceOf(call), { lease: leaseOf(call) });
  return implement(Content, {
    info: async ({ digest }, call) => ({ info: infoMessage(await storeOf(call).info(parseDigest(digest))) }),
    update: async ({ info, updateMask }, call) => {
      if (!info) throw new InvalidArgument("Cannot update no content");
      const updated = await storeOf(call).update(parseDigest(info.digest), info.labels, updateMask?.paths);
      return { info: infoMessage(updated) };
    },
    list: ({ filters }, call) => listed(storeOf(call), filters),
    delete: async ({ digest }, call) => {
      await storeOf(call).delete(parseDigest(digest));
      exchange.publish(namespaceOf(call), "/content/delete", packAny(ContentDeleteSchema, { digest }));
      return {};
    },
    read: (request, call) => read(storeOf(call), request),
    status: async ({ ref }, call) => ({ status: statusMessage(await storeOf(call).status(ref)) }),
    listStatuses: async ({ filters }, call) => ({
      statuses: (await storeOf(call).listStatuses(filters)).map(statusMessage),
    }),
    write: (requests, call) => writeContent(storeOf(call), requests),
    abort: async ({ ref }, call) => {
      await storeOf(call).abort(ref);
      return {};
    },
  });
}

async function* listed(store: LabelledContentStore, filters: readonly string[]) {
  let info: Init<Info>[] = [];
  for await (const one of store.walk(filters)) {
    info.push(infoMessage(one));
    if (info.length < LISTED) continue;
    yield { info };
    info = [];
  }
  if (info.length > 0) yield { info };
}

async function* read(
  store: LabelledContentStore,
  request: ReadContentRequest,
): AsyncGenerator<Init<ReadContentResponse>> {
  const digest = parseDigest(request.digest);
  const reader = await store.reader(digest);
  try {
    const { start, end } = rangeOf(request, digest, reader);
    for (let offset = start; offset < end; offset += READ_BYTES) {
      const data = await reader.read(offset, Math.min(READ_BYTES, end - offset));
      yield { offset: BigInt(offset), data };
    }
  } finally {
    await reader.close();
  }
}

/** A client need not know the size: of what it wants beyond the end it gets nothing. @throws {OutOfRange} When it begins there. */
function rangeOf(
  { offset, size }: ReadContentRequest,
  digest: Digest,
  blob: ContentReader,
): { start: number; end: number } {
  if (offset < 0n || size < 0n) throw new InvalidArgument(`Cannot read ${size} bytes at ${offset} of ${digest}`);
  const start = Number(offset);
  if (start > blob.size) throw new OutOfRange(`read past object length ${blob.size} bytes: at ${offset} of ${digest}`);
  const end = size === 0n ? blob.size : Math.min(start + Number(size), blob.size); // 0: to the end
  return { start, end };
}

function infoMessage({ digest, size, labels, createdAt, updatedAt }: ContentInfo): Init<Info> {
  return { digest, size: BigInt(size), labels, createdAt: timestampOf(createdAt), updatedAt: timestampOf(updatedAt) };
}

function statusMessage({ ref, offset, total, expected, startedAt, updatedAt }: IngestStatus): Init<Status> {
  return {
    ref,
    offset: BigInt(offset),
    total: BigInt(total),
    expected,
    startedAt: timestampOf(startedAt),
    updatedAt: timestampOf(updatedAt),
  };
}
