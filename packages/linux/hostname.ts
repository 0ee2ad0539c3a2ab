/** The names of the UTS namespace. Read the host's with `os.hostname()`. */
import { libcFunction } from "./libc.ts";

const sethostnameFunction = libcFunction<[string, number]>("int sethostname(str name, size_t length)");
const setdomainnameFunction = libcFunction<[string, number]>("int setdomainname(str name, size_t length)");

/**
 * Names the host, for everybody in the caller's UTS namespace.
 *
 * @throws {ErrnoError} EINVAL for more than 64 bytes; EPERM without CAP_SYS_ADMIN.
 * @see https://man7.org/linux/man-pages/man2/sethostname.2.html
 */
export function sethostname(name: string): void {
  sethostnameFunction(name, Buffer.byteLength(name));
}

/**
 * Sets the NIS domain name (not DNS's), shown in /proc/sys/kernel/domainname.
 *
 * @throws {ErrnoError} As `sethostname`.
 * @see https://man7.org/linux/man-pages/man2/setdomainname.2.html
 */
export function setdomainname(name: string): void {
  setdomainnameFunction(name, Buffer.byteLength(name));
}
