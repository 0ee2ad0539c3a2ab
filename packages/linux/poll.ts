/** Waiting for one of several descriptors, for programs that may not give control back to Node's event loop. */
import { isErrno } from "./errno.ts";
import { libcFunction } from "./libc.ts";

/** Data to read, or the end of it. */
export const POLLIN = 0x01;
/** Something exceptional: a pressure threshold, a changed control file. */
export const POLLPRI = 0x02;
/** Writing will not block. */
export const POLLOUT = 0x04;
/** Always reported: an error, the other end closed, no such descriptor. */
export const POLLERR = 0x08;
export const POLLHUP = 0x10;
export const POLLNVAL = 0x20;

/** A descriptor and what to wait for: POLL…, or'ed together. */
export interface PollRequest {
  readonly fd: number;
  readonly events: number;
}

/** struct pollfd: int fd, short events, short revents. */
const POLLFD_SIZE = 8;

const pollFunction = libcFunction<[Buffer, number, number]>("int poll(void *fds, ulong count, int timeout)");

/**
 * Waits until something happens on one of `requests`, blocking the whole program.
 *
 * @param timeoutMs - 0 returns at once; Infinity waits as long as it takes.
 * @returns What happened on each, in the same order: POLL… flags, 0 for nothing. All 0 after the timeout.
 * @see https://man7.org/linux/man-pages/man2/poll.2.html
 */
export function poll(requests: readonly PollRequest[], timeoutMs: number): number[] {
  const fds = Buffer.alloc(POLLFD_SIZE * requests.length);
  for (const [i, { fd, events }] of requests.entries()) {
    fds.writeInt32LE(fd, POLLFD_SIZE * i);
    fds.writeInt16LE(events, POLLFD_SIZE * i + 4);
  }
  pollUntil(nowMs() + timeoutMs, fds, requests.length);
  return requests.map((_, i) => fds.readInt16LE(POLLFD_SIZE * i + 6));
}

/** Of CLOCK_MONOTONIC. As `performance.now()`, for which Node loads ten modules. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** A signal that Node handles interrupts poll(2), which is then not restarted as other calls are. */
function pollUntil(deadline: number, fds: Buffer, count: number): void {
  for (;;) {
    const leftMs = deadline - nowMs();
    try {
      pollFunction(fds, count, leftMs === Infinity ? -1 : Math.max(0, Math.ceil(leftMs)));
      return;
    } catch (error) {
      if (!isErrno(error, "EINTR")) throw error;
    }
  }
}
