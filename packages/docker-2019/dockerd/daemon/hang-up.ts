/** Clients that have gone, told from those that have sent all and still read: to a reader, both are the end of what comes. */
import type { Duplex } from "node:stream";
import { POLLHUP, poll } from "@eras/linux/poll.ts";

/** How long one that goes later is kept, at most. */
const INTERVAL_MS = 1000;

/**
 * Destroys a connection once its client has closed it. Of TCP and WebSockets only a write tells so much.
 *
 * @see https://man7.org/linux/man-pages/man2/poll.2.html POLLHUP
 */
export function destroyAfterHangUp(client: Duplex): void {
  client.once("end", () => {
    if (descriptorOf(client) === undefined) return;
    const look = () => void (hasHungUp(client) && client.destroy());
    look();
    const looking = setInterval(look, INTERVAL_MS);
    client.once("close", () => clearInterval(looking));
  });
}

function hasHungUp(client: Duplex): boolean {
  const fd = descriptorOf(client);
  return fd !== undefined && (poll([{ fd, events: 0 }], 0)[0]! & POLLHUP) !== 0;
}

/** Node has no word for it: of a connection, it tells the end alone. */
function descriptorOf(client: Duplex): number | undefined {
  const { _handle } = client as { _handle?: { fd?: number } | null };
  return _handle?.fd !== undefined && _handle.fd >= 0 ? _handle.fd : undefined;
}
