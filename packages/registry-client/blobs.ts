/**
 * Blobs in a repository: configs and layers, by digest alone.
 *
 *     GET /v2/NAME/blobs/DIGEST                          200, all
 *     GET /v2/NAME/blobs/DIGEST   Range: bytes=1000-     206, what comes after the first 1000 bytes
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.0.1/spec.md#pulling-blobs
 */
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Repository } from "./client.ts";
import type { Answer } from "./http.ts";
import { TryAgain } from "./registry-error.ts";

/**
 * A blob's bytes from `offset` on, as they come. Where the line drops or the registry keeps silent, it is asked for the rest.
 *
 * Not more bytes come than the descriptor says, and not fewer without an error. Whether they are the right ones, only a digest over all
 * of them tells: pass a whole blob through `verified` of oci-spec, or have the digest checked where it is stored.
 *
 * @throws {FailedPrecondition} When the registry's blob has another size; {TryAgain} when it has dropped the line once too often.
 */
export async function* readBlob(
  repository: Repository,
  descriptor: Descriptor,
  offset = 0,
): AsyncGenerator<Buffer, void, undefined> {
  const tries = repository.client.tries();
  let position = offset;
  while (position < descriptor.size) {
    try {
      for await (const piece of readOnce(repository, descriptor, position)) {
        position += piece.length;
        tries.progress();
        yield piece;
      }
    } catch (error) {
      await tries.next(error);
    }
  }
}

/** From `offset` to the end in one answer. */
async function* readOnce(repository: Repository, descriptor: Descriptor, offset: number): AsyncGenerator<Buffer> {
  const answer = await repository.ask({
    method: "GET",
    target: `blobs/${descriptor.digest}`,
    ...(offset > 0 && { headers: { range: `bytes=${offset}-` } }),
  });
  try {
    const start = startOf(answer, descriptor, offset);
    let position = start;
    for await (const piece of answer.pieces()) {
      position += piece.length;
      if (position > descriptor.size) throw wrongSize(descriptor, `more than ${descriptor.size} bytes`);
      const surplus = Math.max(offset - (position - piece.length), 0); // sent although not asked for
      if (surplus < piece.length) yield piece.subarray(surplus);
    }
    if (position < descriptor.size)
      throw new TryAgain(`Cannot fetch ${descriptor.digest}: it ended after ${position} of ${descriptor.size} bytes`);
  } finally {
    answer.abandon(); // does nothing to an answer that was read to its end
  }
}

/** Where in the blob the answer starts: at 0 if the registry knows no ranges. @throws {FailedPrecondition} When its size is another. */
function startOf(answer: Answer, descriptor: Descriptor, offset: number): number {
  const start = answer.status === 206 ? rangeStart(answer, descriptor, offset) : 0;
  const { contentLength } = answer;
  if (contentLength !== undefined && start + contentLength !== descriptor.size)
    throw wrongSize(descriptor, `${start + contentLength} bytes`);
  return start;
}

/** `Content-Range: bytes 1000-4999/5000` */
function rangeStart({ headers }: Answer, { digest }: Descriptor, offset: number): number {
  const range = headers["content-range"] ?? "";
  if (!range.startsWith(`bytes ${offset}-`))
    throw new FailedPrecondition(`Cannot fetch ${digest} from byte ${offset} on: the registry sends "${range}"`);
  return offset;
}

function wrongSize({ digest, size }: Descriptor, sent: string): FailedPrecondition {
  return new FailedPrecondition(`Cannot fetch ${digest}: it has ${size} bytes, and the registry sends ${sent}`);
}

/** Whether the repository is known to have a blob. A refusal has no words here: who goes on hears them then. */
export async function hasBlob(repository: Repository, blob: Pick<Descriptor, "digest">): Promise<boolean> {
  return (await headOf(repository, blob, () => true)).status === 200;
}

/** How long a blob of the repository is; undefined when it has none. @throws {FailedPrecondition} When the registry doesn't say. */
export async function blobBytes(repository: Repository, blob: Pick<Descriptor, "digest">): Promise<number | undefined> {
  const isTold = ({ status }: Answer) => status === 200 || status === 404;
  const { status, contentLength } = await headOf(repository, blob, isTold);
  if (status !== 200) return undefined;
  if (contentLength !== undefined) return contentLength;
  throw new FailedPrecondition(`Cannot use ${blob.digest}: the registry does not say how long it is`);
}

async function headOf(
  repository: Repository,
  { digest }: Pick<Descriptor, "digest">,
  isWanted: (answer: Answer) => boolean,
): Promise<Answer> {
  const answer = await repository.askAgain({ method: "HEAD", target: `blobs/${digest}` }, isWanted);
  answer.drop();
  return answer;
}
