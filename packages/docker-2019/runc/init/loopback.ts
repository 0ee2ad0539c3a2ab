/** The one device that a new network namespace has: `lo`, which is born down. */
import { addInterfaceFlags, IFF_UP } from "@eras/linux/interface-flags.ts";

/** Lets the container talk to itself: 127.0.0.1, ::1. Call in a network namespace that was made for it, as its root. */
export function bringLoopbackUp(): void {
  addInterfaceFlags("lo", IFF_UP);
}
