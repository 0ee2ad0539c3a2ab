/**
 * Blobs on their way into a repository.
 *
 *     POST  …/blobs/uploads/?mount=DIGEST&from=OTHER    201: it was in another repository of the registry, and is now in this one, too
 *     POST  …/blobs/uploads/                            202, Location: where to send it
 *     PUT   LOCATION?digest=DIGEST                      all of it, or what is left
 *     PATCH LOCATION   Content-Range: 0-999             a chunk of it; 202, Location: where to send the next
 *     GET   LOCATION                                    204, Range: 0-999: what has arrived
 *
 * At once is the faster way. In chunks an upload over a bad line need not start over: what has arrived, the registry knows.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.0.1/spec.md#pushing-blobs
 */
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { repositoryScope } from "./auth.ts";
import { hasBlob } from "./blobs.ts";
import type { Repository } from "./client.ts";
import type { ContentSource } from "./content.ts";
import type { Answer } from "./http.ts";
import { retrying } from "./retry.ts";

export interface UploadOptions {
  /** A repository of the same registry that may have the blob: `library/busybox`. */
  readonly mountFrom?: string | undefined;
  /** Send it in chunks of so many bytes; all at once if not given. */
  readonly chunkBytes?: number | undefined;
  /** Told how many bytes have been sent. */
  readonly onSent?: (offset: number) => void;
}

/**
 * Sees to it that the repository has a blob.
 *
 * @returns Whether it had to be sent: not if it was there, or has been mounted.
 */
export async function uploadBlob(
  repository: Repository,
  descriptor: Descriptor,
  source: ContentSource,
  options: UploadOptions = {},
): Promise<boolean> {
  if (await hasBlob(repository, descriptor)) return false;
  let location = await beginUpload(repository, descriptor, options.mountFrom);
  if (location === undefined) return false;
  if (options.chunkBytes !== undefined) {
    await sendChunks(repository, descriptor, source, location, { ...options, chunkBytes: options.chunkBytes });
    return true;
  }
  await retrying(repository.client.tries(), async () => {
    const target = location ?? (await beginUpload(repository, descriptor, undefined))!; // after a failure, from the start
    location = undefined;
    await sendAll(repository, descriptor, source, target, options);
  });
  return true;
}

/**
 * Lets the registry take a blob from another repository of its own.
 *
 * @param from - `library/busybox`
 * @returns Whether it could.
 */
export async function mountBlob(
  repository: Repository,
  blob: Pick<Descriptor, "digest">,
  from: string,
): Promise<boolean> {
  const location = await beginUpload(repository, blob, from);
  if (location === undefined) return true;
  const cancelled = await repository.askAgain({ method: "DELETE", target: location }, () => true); // it has begun an upload in its place
  cancelled.drop();
  return false;
}

/** @returns Where to send the blob; undefined if it need not be sent, since the mount has worked. */
async function beginUpload(
  repository: Repository,
  { digest }: Pick<Descriptor, "digest">,
  mountFrom: string | undefined,
): Promise<URL | undefined> {
  const mount = mountFrom && new URLSearchParams({ mount: digest, from: mountFrom });
  const answer = await repository.askAgain({
    method: "POST",
    target: `blobs/uploads/${mount ? `?${mount}` : ""}`,
    headers: { "content-length": "0" },
    ...(mountFrom !== undefined && { scopes: [repositoryScope(mountFrom, "pull")] }),
  });
  answer.drop();
  return answer.status === 201 ? undefined : locationOf(answer);
}

/** Where the registry says that the upload goes on. @throws {Unavailable} When it doesn't say. */
function locationOf({ headers, url }: Answer): URL {
  const { location } = headers;
  if (location === undefined || !URL.canParse(location, url))
    throw new Unavailable(`Cannot upload to ${url.href}: the registry does not say where`);
  return new URL(location, url);
}

/** The one request of an upload at once, and the last one of an upload in chunks. */
function putTarget(location: URL, { digest }: Descriptor): URL {
  const target = new URL(location);
  target.searchParams.set("digest", digest);
  return target;
}

async function sendAll(
  repository: Repository,
  descriptor: Descriptor,
  source: ContentSource,
  location: URL,
  { onSent }: UploadOptions,
): Promise<void> {
  const answer = await repository.ask({
    method: "PUT",
    target: putTarget(location, descriptor),
    headers: { "content-type": "application/octet-stream", "content-length": String(descriptor.size) },
    body: () => counted(source.read(descriptor, 0), onSent),
  });
  answer.drop();
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  onSent: UploadOptions["onSent"],
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const piece of pieces) {
    yield piece; // back here, it is on its way
    sent += piece.length;
    onSent?.(sent);
  }
}

async function sendChunks(
  repository: Repository,
  descriptor: Descriptor,
  source: ContentSource,
  start: URL,
  { chunkBytes, onSent }: UploadOptions & { readonly chunkBytes: number },
): Promise<void> {
  const tries = repository.client.tries();
  let state: UploadState = { location: start, offset: 0 };
  while (state.offset < descriptor.size) {
    try {
      state = await sendChunk(repository, descriptor, source, state, chunkBytes);
      tries.progress();
      onSent?.(state.offset);
    } catch (error) {
      await tries.next(error);
      state = await uploadState(repository, state.location);
    }
  }
  const target = putTarget(state.location, descriptor);
  (await repository.ask({ method: "PUT", target, headers: { "content-length": "0" } })).drop();
}

interface UploadState {
  readonly location: URL;
  /** Bytes that have arrived. */
  readonly offset: number;
}

async function sendChunk(
  repository: Repository,
  descriptor: Descriptor,
  source: ContentSource,
  { location, offset }: UploadState,
  chunkBytes: number,
): Promise<UploadState> {
  const length = Math.min(chunkBytes, descriptor.size - offset);
  const answer = await repository.ask({
    method: "PATCH",
    target: location,
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(length),
      "content-range": `${offset}-${offset + length - 1}`,
    },
    body: () => first(length, source.read(descriptor, offset)),
  });
  answer.drop();
  return { location: locationOf(answer), offset: offset + length };
}

async function* first(length: number, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const piece of pieces) {
    yield piece.subarray(0, left);
    left -= Math.min(left, piece.length);
    if (left === 0) return;
  }
}

/** What has arrived of an upload, after a request of which nobody knows how far it got. */
async function uploadState(repository: Repository, location: URL): Promise<UploadState> {
  const answer = await repository.askAgain({ method: "GET", target: location });
  answer.drop();
  const [, last] = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? "") ?? [];
  const nothing = last === undefined || last === "0"; // "0-0" stands for none and for one byte: one is sent again
  return { location: locationOf(answer), offset: nothing ? 0 : Number(last) + 1 };
}
