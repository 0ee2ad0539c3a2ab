/** Sending much, no faster than it is taken. */
import type { Writable } from "node:stream";
import { drained } from "../drained.ts";

/** Sends all, or as much as the client stays for. Does not end it. */
export async function send(pieces: AsyncIterable<Uint8Array>, client: Writable, gone: AbortSignal): Promise<void> {
  for await (const piece of pieces) {
    if (gone.aborted) return;
    if (!client.write(piece)) await drained(client);
  }
}
