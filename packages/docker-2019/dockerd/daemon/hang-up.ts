/** Clients that have gone, told from those that have sent all and still read: to a reader, both are the end of what comes. */
import type { Duplex } from "node:stream";
import { POLLHUP, poll } from "@eras/linux/poll.ts";

/** How long one that goes later is kept, at most. */
const INTERVAL_MS = 1000;

/**
 * Destroys a connection once its client has closed it. Of a TCP connection only a write tells so much.
 *
 * @see https://man7.org/linux/man-pages/man2/poll.2.html POLLHUP
 */
export function destroyAfterHangUp(client: Duplex): void {
  client.once("end", () => {
    const look = () => void (hasHungUp(client) && client.destroy());
    look();
    const looking = setInterval(look, INTERVAL_MS);
    client.once("close", () => clearInterval(looking));
  });
}

/** Node has no word for it: `end` is all that it tells. */
function hasHungUp(client: Duplex): boolean {
  const { _handle } = client as { _handle?: { fd?: number } | null };
  const fd = _handle?.fd ?? -1; // a WebSocket, or TLS
  return fd >= 0 && (poll([{ fd, events: 0 }], 0)[0]! & POLLHUP) !== 0;
}
