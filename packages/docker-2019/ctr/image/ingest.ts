/**
 * An ingest: content on its way into containerd's store, through one stream of requests, each of which is answered.
 *
 *     STAT   ref, total, expected       how much is there from an earlier time
 *     WRITE  offset, data               …
 *     COMMIT offset, total, expected    the store verifies size and digest, and makes a blob of it
 *
 * Answers tell that the store keeps up; a few requests may be under way without one.
 */

import { setTimeout } from "node:timers/promises";
import { AlreadyExists, Unavailable } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { ContentWriter } from "@eras/registry-client/content.ts";
import { WriteAction, type WriteContentRequest, type WriteContentResponse } from "../../proto/gen/content_pb.ts";
import type { BidiCall } from "../../proto/grpc/client.ts";
import type { Init } from "../../proto/message.ts";
import type { Containerd } from "../containerd.ts";

/** The least that is worth a request: a piece as a socket gives it goes on as it is. */
const CHUNK_BYTES = 32 << 10;
/** Requests without an answer yet. */
const MAX_UNANSWERED = 16;
/** How often to look whether another writer has let go of the ref. */
const LOCKED_MS = 50;
const LOCKED_TRIES = 100;

/** What content is to be; without a digest, whatever comes. */
export type Wanted = Partial<Pick<Descriptor, "digest" | "size">>;

export class Ingest implements ContentWriter {
  readonly #containerd: Containerd;
  readonly #call: BidiCall<WriteContentRequest, WriteContentResponse>;
  readonly #ref: string;
  readonly #wanted: Wanted;
  readonly #labels: Readonly<Record<string, string>>;
  #offset = 0;
  #chunk: Uint8Array[] = [];
  #chunkBytes = 0;
  #unanswered = 0;
  /** Of what has been written, as the store says it. */
  #digest = "";

  private constructor(containerd: Containerd, ref: string, wanted: Wanted, labels: Readonly<Record<string, string>>) {
    this.#containerd = containerd;
    this.#call = containerd.content.write();
    this.#ref = ref;
    this.#wanted = wanted;
    this.#labels = labels;
  }

  /**
   * Begins, or goes on where an earlier one was cut off. Waits while another client writes the same.
   *
   * @returns Undefined if the store has the content.
   */
  static async open(
    containerd: Containerd,
    ref: string,
    wanted: Wanted = {},
    labels: Readonly<Record<string, string>> = {},
  ): Promise<Ingest | undefined> {
    for (let tries = 1; ; tries++) {
      const ingest = new Ingest(containerd, ref, wanted, labels);
      try {
        return (await ingest.#begin()) ? ingest : undefined;
      } catch (error) {
        await ingest.close();
        if (!(error instanceof Unavailable) || !/locked/.test(error.message) || tries === LOCKED_TRIES) throw error;
        await setTimeout(LOCKED_MS);
      }
    }
  }

  /** Bytes that are there or under way. */
  get offset(): number {
    return this.#offset + this.#chunkBytes;
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#chunk.push(piece);
    this.#chunkBytes += piece.length;
    if (this.#chunkBytes >= CHUNK_BYTES) await this.#sendChunk();
  }

  /** @returns The digest. @throws {FailedPrecondition} When size or digest are not as wanted. */
  async commit(): Promise<string> {
    if (this.#chunkBytes > 0) await this.#sendChunk();
    while (this.#unanswered > 0) this.#digest = (await this.#answer()).digest;
    try {
      this.#digest = (await this.#ask({ action: WriteAction.COMMIT, labels: this.#labels })).digest;
    } catch (error) {
      if (!(error instanceof AlreadyExists)) throw error; // somebody else was faster, with the same content
    }
    await this.close();
    return this.#digest;
  }

  async close(): Promise<void> {
    this.#call.end();
    await this.#call.responses.return();
  }

  async abort(): Promise<void> {
    await this.close();
    await this.#containerd.content.abort({ ref: this.#ref });
  }

  async #begin(): Promise<boolean> {
    try {
      const { offset } = await this.#ask({ action: WriteAction.STAT });
      this.#offset = Number(offset);
      return true;
    } catch (error) {
      if (error instanceof AlreadyExists) return false;
      throw error;
    }
  }

  async #sendChunk(): Promise<void> {
    const data = this.#chunk.length === 1 ? this.#chunk[0]! : Buffer.concat(this.#chunk);
    while (this.#unanswered >= MAX_UNANSWERED) await this.#answer();
    await this.#send({ action: WriteAction.WRITE, data });
    this.#offset += data.length;
    this.#chunk = [];
    this.#chunkBytes = 0;
  }

  /** For a request whose answer says something. */
  async #ask(request: Init<WriteContentRequest>): Promise<WriteContentResponse> {
    await this.#send(request);
    return this.#answer();
  }

  async #send(request: Init<WriteContentRequest>): Promise<void> {
    const { digest: expected, size } = this.#wanted;
    const total = size === undefined ? undefined : BigInt(size);
    await this.#call.send({ ref: this.#ref, total, expected, offset: BigInt(this.#offset), ...request });
    this.#unanswered++;
  }

  async #answer(): Promise<WriteContentResponse> {
    const { value, done } = await this.#call.responses.next();
    this.#unanswered--;
    if (done) throw new Unavailable(`Cannot write ${this.#ref}: containerd has ended the call`);
    return value;
  }
}
