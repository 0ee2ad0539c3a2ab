/**
 * Where an image's content comes from and goes to: what a registry is on one side, a store is on the other. ctr stores into containerd
 * over its socket; dockerd into directories of its own.
 *
 *     pull:  registry ──▶ ContentSink          push:  ContentSource ──▶ registry
 */
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";

/** A store to pull into. */
export interface ContentSink {
  /**
   * Begins to write one piece of content, or goes on where an earlier pull was cut off.
   *
   * @returns Undefined if it is there already, whole.
   */
  open(descriptor: Descriptor): Promise<ContentWriter | undefined>;

  /** All of a manifest or index that is in the store. */
  read(descriptor: Descriptor): Promise<Buffer>;

  /**
   * Called for each manifest and index before what it points to is fetched, for a store that keeps content only as long as something
   * refers to it.
   *
   * @param children - What is going to be fetched of it: not the manifests for other platforms.
   */
  refer?(parent: Descriptor, children: readonly Descriptor[]): Promise<void>;
}

/** One piece of content on its way into a store. */
export interface ContentWriter {
  /** How many bytes are there from an earlier time. */
  readonly offset: number;
  /** Appends. Resolves when more may come. */
  write(piece: Uint8Array): Promise<void>;
  /** Makes it content. @throws {FailedPrecondition} When size or digest are not the descriptor's. */
  commit(): Promise<unknown>;
  /** Lets go. What has been written stays for the next time. */
  close(): Promise<void>;
  /** Forgets what has been written. */
  abort(): Promise<void>;
}

/** A store to push from. */
export interface ContentSource {
  /** The content from `offset` on. @throws {NotFound} When it isn't there. */
  read(descriptor: Descriptor, offset: number): AsyncIterable<Uint8Array>;
}

/** How far one piece of content is. */
export interface Progress {
  readonly descriptor: Descriptor;
  /** `exists`: it was there before, and nothing is sent. */
  readonly state: "waiting" | "active" | "done" | "exists";
  /** Bytes there, of `descriptor.size`. */
  readonly offset: number;
}

export type ProgressListener = (progress: Progress) => void;
