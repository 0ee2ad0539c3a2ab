/** Datagram sockets between processes of one machine: each message arrives whole or not at all, and nobody answers. */
import { closeSync } from "node:fs";
import { ErrnoError } from "./errno.ts";
import { encodeAddress } from "./fd-passing.ts";
import { libcFunction } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
/** Longer messages are cut: what is sent here are a few lines. */
const RECEIVE_SIZE = 4096;

const socketFunction = libcFunction<[number, number, number]>("int socket(int domain, int type, int protocol)");
const bindFunction = libcFunction<[number, Buffer, number]>("int bind(int fd, void *address, uint length)");
const recvFunction = libcFunction<[number, Buffer, number, number]>(
  "long recv(int fd, void *data, size_t size, int flags)",
);
const sendtoFunction = libcFunction<[number, Buffer, number, number, Buffer, number]>(
  "long sendto(int fd, void *data, size_t size, int flags, void *address, uint length)",
);

/**
 * Makes a socket that takes what is sent to `path`.
 *
 * @returns A close-on-exec descriptor.
 * @throws {ErrnoError} EADDRINUSE when there is a file already, even a dead socket.
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
export function bindDatagram(path: string): number {
  const address = encodeAddress(path);
  const fd = socketFunction(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  try {
    bindFunction(fd, address, address.length);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error instanceof ErrnoError ? new ErrnoError(error.syscall, error.errno, path) : error;
  }
}

/** Waits for the next message. @see https://man7.org/linux/man-pages/man2/recv.2.html */
export function receiveDatagram(fd: number): string {
  const data = Buffer.alloc(RECEIVE_SIZE);
  return data.toString("utf8", 0, recvFunction(fd, data, data.length, 0));
}

/** Sends one message, waiting while the receiver's queue is full. @throws {ErrnoError} ENOENT, ECONNREFUSED when nobody listens. */
export function sendDatagram(path: string, text: string): void {
  const [address, data] = [encodeAddress(path), Buffer.from(text)];
  const fd = socketFunction(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  try {
    sendtoFunction(fd, data, data.length, MSG_NOSIGNAL, address, address.length);
  } catch (error) {
    throw error instanceof ErrnoError ? new ErrnoError(error.syscall, error.errno, path) : error;
  } finally {
    closeSync(fd);
  }
}
