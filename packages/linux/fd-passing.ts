/**
 * Sockets between processes of one machine, and open descriptors that travel through them.
 *
 * A descriptor is a number with a meaning in one process only. Sent as a control message of type SCM_RIGHTS beside ordinary
 * bytes, it arrives as a new number for the same open file. In this way a container's init hands the terminal that it opened
 * inside the container to a process outside.
 *
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
import { closeSync } from "node:fs";
import { ErrnoError } from "./errno.ts";
import { koffi, libcFunction } from "./libc.ts";

const AF_UNIX = 1;
/** Bytes without boundaries. */
export const SOCK_STREAM = 1;
/** Messages, each of which is read as a whole. */
export const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x8;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
const LISTEN_BACKLOG = 128;

const socketFn = libcFunction<[number, number, number]>("int socket(int domain, int type, int protocol)");
const socketpairFn = libcFunction<[number, number, number, Buffer]>(
  "int socketpair(int domain, int type, int protocol, void *fds)",
);
const bindFn = libcFunction<[number, Buffer, number]>("int bind(int fd, void *address, uint length)");
const connectFn = libcFunction<[number, Buffer, number]>("int connect(int fd, void *address, uint length)");
const listenFn = libcFunction<[number, number]>("int listen(int fd, int backlog)");
const acceptFn = libcFunction<[number, null, null, number]>(
  "int accept4(int fd, void *address, void *length, int flags)",
);
const sendmsg = libcFunction<[number, Buffer, number]>("long sendmsg(int fd, void *message, int flags)");
const recvmsg = libcFunction<[number, Buffer, number]>("long recvmsg(int fd, void *message, int flags)");

/** Two connected sockets, both close-on-exec. @see https://man7.org/linux/man-pages/man2/socketpair.2.html */
export function socketpair(type = SOCK_STREAM): [number, number] {
  const fds = Buffer.alloc(8);
  socketpairFn(AF_UNIX, type | SOCK_CLOEXEC, 0, fds);
  return [fds.readInt32LE(0), fds.readInt32LE(4)];
}

/** Connects to the socket that somebody listens on at `path`. @throws {ErrnoError} ENOENT, ECONNREFUSED when nobody does. */
export function connectUnix(path: string): number {
  const address = encodeAddress(path);
  return opened(path, (fd) => connectFn(fd, address, address.length));
}

/** Makes a socket at `path` and listens on it. @throws {ErrnoError} EADDRINUSE when there is a file already, even a dead socket. */
export function listenUnix(path: string): number {
  const address = encodeAddress(path);
  return opened(path, (fd) => {
    bindFn(fd, address, address.length);
    listenFn(fd, LISTEN_BACKLOG);
  });
}

/** Waits for somebody to connect to a listening socket. @see https://man7.org/linux/man-pages/man2/accept.2.html */
export function acceptUnix(listeningFd: number): number {
  return acceptFn(listeningFd, null, null, SOCK_CLOEXEC);
}

function opened(path: string, prepare: (fd: number) => void): number {
  const fd = socketFn(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  try {
    prepare(fd);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error instanceof ErrnoError ? new ErrnoError(error.syscall, error.errno, path) : error;
  }
}

/** Longest path of a socket: the 108 bytes of sockaddr_un without the NUL. */
const PATH_MAX = 107;

/**
 * struct sockaddr_un: the family (2 bytes), then the path, with a NUL at its end. A path that starts with "@" is a name in the
 * abstract namespace, which has a NUL in that place instead.
 */
export function encodeAddress(path: string): Buffer {
  const bytes = Buffer.from(path);
  if (bytes.length > PATH_MAX) throw new Error(`Cannot use socket ${path}: its path is longer than ${PATH_MAX} bytes`);
  const family = Buffer.from([AF_UNIX, 0]);
  return path.startsWith("@")
    ? Buffer.concat([family, Buffer.alloc(1), bytes.subarray(1)])
    : Buffer.concat([family, bytes, Buffer.alloc(1)]);
}

/**
 * Sends descriptors with some bytes. The receiver gets its own; the sender may close these at once.
 *
 * @param data - At least one byte: a stream carries no control message alone.
 * @see https://man7.org/linux/man-pages/man3/cmsg.3.html
 */
export function sendFds(socketFd: number, fds: readonly number[], data: Buffer): void {
  if (data.length === 0) throw new Error("Cannot send descriptors without data");
  const message = layOutMessage(data.length, fds.length);
  data.copy(message, DATA_OFFSET);
  const control = controlOffset(data.length);
  message.writeBigUInt64LE(BigInt(CMSG_HEADER_SIZE + 4 * fds.length), control);
  message.writeInt32LE(SOL_SOCKET, control + 8);
  message.writeInt32LE(SCM_RIGHTS, control + 12);
  for (const [i, fd] of fds.entries()) message.writeInt32LE(fd, control + CMSG_HEADER_SIZE + 4 * i);
  const sent = sendmsg(socketFd, message, MSG_NOSIGNAL);
  if (sent < data.length) throw new Error(`Cannot send ${data.length} bytes with descriptors: only ${sent} fit`);
}

/** What came through a socket. Both empty: the other side has closed it. */
export interface Received {
  readonly data: Buffer;
  /** Close-on-exec from the start. */
  readonly fds: readonly number[];
}

/** Bytes to take with one `recvFds`; what is beyond stays for the next. */
const RECEIVE_SIZE = 4096;

/**
 * Waits for bytes, and takes the descriptors that come with them.
 *
 * @param max - How many descriptors to expect at most. When more come, all are closed and this fails.
 */
export function recvFds(socketFd: number, max: number): Received {
  const message = layOutMessage(RECEIVE_SIZE, max);
  const length = recvmsg(socketFd, message, MSG_CMSG_CLOEXEC);
  const fds = receivedFds(message);
  if ((message.readInt32LE(MSGHDR.flags) & MSG_CTRUNC) !== 0) {
    for (const fd of fds) closeSync(fd);
    throw new Error(`Cannot receive descriptors: more than ${max} came`);
  }
  return { data: message.subarray(DATA_OFFSET, DATA_OFFSET + length), fds };
}

function receivedFds(message: Buffer): number[] {
  const control = controlOffset(RECEIVE_SIZE);
  const controlLength = Number(message.readBigUInt64LE(MSGHDR.controlLength));
  if (controlLength < CMSG_HEADER_SIZE) return []; // there is no control message
  const count = (Number(message.readBigUInt64LE(control)) - CMSG_HEADER_SIZE) / 4;
  return Array.from({ length: count }, (_, i) => message.readInt32LE(control + CMSG_HEADER_SIZE + 4 * i));
}

/** struct msghdr of sendmsg(2): offsets of the fields that are used here. */
const MSGHDR = { iov: 16, iovLength: 24, control: 32, controlLength: 40, flags: 48 };
const MSGHDR_SIZE = 56;
const IOVEC_SIZE = 16;
const DATA_OFFSET = MSGHDR_SIZE + IOVEC_SIZE;
/** struct cmsghdr: length with this header (8 bytes), level (4), type (4); the descriptors follow, 4 bytes each. */
const CMSG_HEADER_SIZE = 16;

/**
 * A message with room for data and one control message. The parts point at each other, so they share a buffer and live as long:
 *
 *     0 msghdr    56 iovec    72 data    … control message, aligned to 8
 */
function layOutMessage(dataLength: number, fdCount: number): Buffer {
  const control = controlOffset(dataLength);
  const controlLength = fdCount === 0 ? 0 : CMSG_HEADER_SIZE + 4 * fdCount; // not aligned up: room for exactly these
  const message = Buffer.alloc(control + CMSG_HEADER_SIZE + align(4 * fdCount));
  const address = koffi.address(message);
  message.writeBigUInt64LE(address + BigInt(MSGHDR_SIZE), MSGHDR.iov);
  message.writeBigUInt64LE(1n, MSGHDR.iovLength);
  message.writeBigUInt64LE(address + BigInt(DATA_OFFSET), MSGHDR_SIZE);
  message.writeBigUInt64LE(BigInt(dataLength), MSGHDR_SIZE + 8);
  message.writeBigUInt64LE(address + BigInt(control), MSGHDR.control);
  message.writeBigUInt64LE(BigInt(controlLength), MSGHDR.controlLength);
  return message;
}

function controlOffset(dataLength: number): number {
  return align(DATA_OFFSET + dataLength);
}

function align(length: number): number {
  return (length + 7) & ~7;
}
