/** Waiting for a client that reads more slowly than we write. */
import type { Writable } from "node:stream";

/** Resolves when it takes more, or has gone: at once, if it has. */
export function drained(client: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      client.off("drain", done).off("close", done);
      resolve();
    };
    client.on("drain", done).on("close", done);
    if (client.destroyed || !client.writableNeedDrain) done();
  });
}
