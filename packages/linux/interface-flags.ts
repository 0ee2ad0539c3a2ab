/**
 * Flags of a network device, by the old way of ioctl(2): one small call where netlink/ has a protocol.
 *
 * @see https://man7.org/linux/man-pages/man7/netdevice.7.html
 */
import { closeSync } from "node:fs";
import { libcFunction } from "./libc.ts";

/** The device is running. */
export const IFF_UP = 1;

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
/** struct ifreq: the name (16 bytes), then a union, whose `short ifr_flags` is first. */
const IFREQ_SIZE = 40;
const NAME_SIZE = 16;

const socket = libcFunction<[number, number, number]>("int socket(int domain, int type, int protocol)");
const ioctl = libcFunction<[number, number, Buffer]>("int ioctl(int fd, ulong request, void *argument)");

/**
 * Adds flags to those of a device of the caller's network namespace.
 *
 * @param name - As `lo`: at most 15 bytes.
 * @throws {ErrnoError} ENODEV when there is no such device; EPERM without CAP_NET_ADMIN.
 */
export function addInterfaceFlags(name: string, flags: number): void {
  const request = Buffer.alloc(IFREQ_SIZE);
  if (request.write(name) >= NAME_SIZE) throw new Error(`Cannot set flags of "${name}": a name has at most 15 bytes`);
  const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); // any socket leads to the devices
  try {
    ioctl(fd, SIOCGIFFLAGS, request);
    request.writeInt16LE(request.readInt16LE(NAME_SIZE) | flags, NAME_SIZE);
    ioctl(fd, SIOCSIFFLAGS, request);
  } finally {
    closeSync(fd);
  }
}
