/**
 * Writing a blob, as a conversation: each request is answered with how far it is now, and the last answer comes once more at the end.
 *
 *     STAT   { ref, total, expected }         ─▶  { offset, digest so far, … }     a client that was cut off goes on from there
 *     WRITE  { ref, offset, data }            ─▶  { offset, … }
 *     WRITE  { ref, offset: 0, data }         ─▶  starts anew, whatever was there
 *     COMMIT { offset, total, expected, labels } ─▶ { digest }                     compared, and only then a blob
 *
 * The first request says what is written; the ref is the caller's alone until the stream ends. What isn't committed by then stays for the
 * next time.
 */
import { type Digest, parseDigest } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, InvalidArgument, NotFound, OutOfRange } from "@eras/oci-spec/errdefs.ts";
import { WriteAction, type WriteContentRequest, type WriteContentResponse } from "../../proto/gen/content_pb.ts";
import type { Init } from "../../proto/message.ts";
import { timestampOf } from "../../proto/timestamps.ts";
import type { ContentStore, ContentWriter } from "../content/content-store.ts";

/**
 * @throws {InvalidArgument} When the first request has no ref.
 * @throws {OutOfRange} When a request would leave a gap.
 * @throws {KindError} Whatever the store has against it: AlreadyExists, Unavailable, FailedPrecondition …
 */
export async function* writeContent(
  store: ContentStore,
  requests: AsyncIterable<WriteContentRequest>,
): AsyncGenerator<Init<WriteContentResponse>> {
  let session: WriteSession | undefined;
  try {
    for await (const request of requests) {
      session ??= await WriteSession.begin(store, request);
      yield await session.answer(request);
    }
    if (session) yield session.lastAnswer;
  } finally {
    await session?.close();
  }
}

class WriteSession {
  readonly #store: ContentStore;
  readonly #ref: string;
  readonly #writer: ContentWriter;
  #total = 0;
  #expected: Digest | undefined;
  lastAnswer: Init<WriteContentResponse> = {};

  private constructor(store: ContentStore, ref: string, writer: ContentWriter) {
    this.#store = store;
    this.#ref = ref;
    this.#writer = writer;
  }

  static async begin(store: ContentStore, { ref, total, expected }: WriteContentRequest): Promise<WriteSession> {
    if (ref === "") throw new InvalidArgument("first message must have a reference");
    const writer = await store.writer({ ref, size: Number(total), expected: digestOf(expected) });
    return new WriteSession(store, ref, writer);
  }

  async answer(request: WriteContentRequest): Promise<Init<WriteContentResponse>> {
    await this.#note(request);
    const { startedAt, updatedAt } = this.#writer.status();
    const { offset, digest } = request.action === WriteAction.STAT ? this.#progress() : await this.#write(request);
    this.lastAnswer = {
      action: request.action,
      startedAt: timestampOf(startedAt),
      updatedAt: timestampOf(updatedAt),
      offset: BigInt(offset),
      total: BigInt(this.#total),
      digest,
    };
    return this.lastAnswer;
  }

  /** A client may learn size and digest late. */
  async #note({ ref, total, expected }: WriteContentRequest): Promise<void> {
    if (ref !== "" && ref !== this.#ref)
      throw new InvalidArgument(`Cannot write to ${ref} in the stream of ${this.#ref}`);
    if (total > 0n) this.#total = Number(total);
    if (expected === "" || expected === this.#expected) return;
    this.#expected = digestOf(expected);
    if (await exists(this.#store, this.#expected!)) {
      await this.#writer.close();
      await this.#store.abort(this.#ref);
      throw new AlreadyExists(`blob with expected digest ${expected}: already exists`);
    }
  }

  #progress(): { offset: number; digest: Digest } {
    return { offset: this.#writer.status().offset, digest: this.#writer.digest() };
  }

  async #write({ action, offset, data, labels }: WriteContentRequest): Promise<{ offset: number; digest: Digest }> {
    const { offset: current } = this.#writer.status();
    if (offset > 0n && Number(offset) !== current)
      throw new OutOfRange(`write @${offset} must occur at current offset ${current}`);
    if (offset === 0n && current > 0) await this.#writer.truncate();
    if (data.length > 0) await this.#writer.write(data);
    const progress = this.#progress(); // a committed writer tells no more
    if (action === WriteAction.COMMIT)
      await this.#writer.commit({ size: this.#total || undefined, expected: this.#expected, labels });
    return progress;
  }

  close(): Promise<void> {
    return this.#writer.close();
  }
}

function digestOf(text: string): Digest | undefined {
  return text === "" ? undefined : parseDigest(text);
}

async function exists(store: ContentStore, digest: Digest): Promise<boolean> {
  try {
    await store.info(digest);
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}
