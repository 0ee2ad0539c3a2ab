/** Sending much, no faster than it is taken. */
import { once } from "node:events";
import type { Writable } from "node:stream";

/** Sends all, or as much as the client stays for. Does not end it. */
export async function send(pieces: AsyncIterable<Uint8Array>, client: Writable, gone: AbortSignal): Promise<void> {
  for await (const piece of pieces) {
    if (gone.aborted) return;
    if (!client.write(piece)) await Promise.race([once(client, "drain"), once(client, "close")]);
  }
}
