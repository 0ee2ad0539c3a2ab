/**
 * One question to the kernel's network configuration (rtnetlink), and its answer.
 *
 * A socket belongs to the network namespace in which it was opened. Each request opens its own, so that it acts on the namespace
 * that the thread is in now.
 *
 * @see https://man7.org/linux/man-pages/man7/rtnetlink.7.html
 */
import { closeSync } from "node:fs";
import { ErrnoError } from "../errno.ts";
import { libcFunction } from "../libc.ts";
import { decodeAttributes, decodeMessages, decodeText, encodeMessage, type NetlinkMessage } from "./message.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

/** Modifiers of a request: fail if it exists, create if it doesn't, list all. */
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_DUMP = 0x300;

/** What to do, by the names of rtnetlink(7). */
// biome-ignore format: one line a group
export const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, NEWADDR: 20, GETADDR: 22, NEWROUTE: 24, GETROUTE: 26 } as const;

const socket = libcFunction<[number, number, number]>("int socket(int domain, int type, int protocol)");
const setsockopt = libcFunction<[number, number, number, Buffer, number]>(
  "int setsockopt(int fd, int level, int name, void *value, uint length)",
);
const send = libcFunction<[number, Buffer, number, number]>("long send(int fd, void *data, size_t length, int flags)");
const recv = libcFunction<[number, Buffer, number, number]>("long recv(int fd, void *data, size_t length, int flags)");

/** Above what the kernel puts into one datagram of a dump (32 KiB). */
const RECEIVE_SIZE = 65_536;

/**
 * Sends one request and returns the messages of the answer: none for a change, one for a lookup, many for a dump.
 *
 * @param subject - What an error should name: the link, the address.
 * @throws {ErrnoError} When the kernel refuses; the message ends with the kernel's own words where it has some.
 */
export function request(
  type: keyof typeof RTM,
  subject: string,
  body: readonly Buffer[],
  flags: number = 0,
): NetlinkMessage[] {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  try {
    enable(fd, NETLINK_EXT_ACK); // errors with an explanation …
    enable(fd, NETLINK_CAP_ACK); // … and without a copy of the request
    const message = encodeMessage(RTM[type], NLM_F_REQUEST | NLM_F_ACK | flags, body);
    send(fd, message, message.length, 0);
    return receiveAnswer(fd, type, subject);
  } finally {
    closeSync(fd);
  }
}

function enable(fd: number, option: number): void {
  const on = Buffer.alloc(4);
  on.writeUInt32LE(1);
  setsockopt(fd, SOL_NETLINK, option, on, on.length);
}

/** Reads until the acknowledgement, which is an "error" of number 0, or the end of the dump. */
function receiveAnswer(fd: number, type: string, subject: string): NetlinkMessage[] {
  const answer: NetlinkMessage[] = [];
  const buffer = Buffer.alloc(RECEIVE_SIZE);
  for (;;) {
    const length = recv(fd, buffer, buffer.length, 0);
    for (const message of decodeMessages(Buffer.from(buffer.subarray(0, length)))) {
      if (message.type === NLMSG_DONE) return answer;
      if (message.type !== NLMSG_ERROR) answer.push(message);
      else if (message.body.readInt32LE(0) === 0) return answer;
      else throw refusal(message, type, subject);
    }
  }
}

/** `nlmsgerr`: the negative error number, the header of the request (16 bytes), attributes with the explanation. */
function refusal(message: NetlinkMessage, type: string, subject: string): ErrnoError {
  const error = new ErrnoError(`rtnetlink ${type}`, -message.body.readInt32LE(0), subject);
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return error;
  const words = decodeAttributes(message.body.subarray(20)).get(NLMSGERR_ATTR_MSG);
  if (words !== undefined) error.message += ` (${decodeText(words)})`;
  return error;
}
