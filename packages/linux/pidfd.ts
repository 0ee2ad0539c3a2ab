/**
 * Processes as descriptors. A PID may belong to another process by the time that it is used; a pidfd stays with its process.
 *
 * It becomes readable (POLLIN) when the process ends, of which it need not be the child, and `setns` joins its namespaces.
 *
 * @see https://man7.org/linux/man-pages/man2/pidfd_open.2.html
 */
import { systemCall } from "./libc.ts";

const pidfdOpenCall = systemCall<[number, number]>("pidfd_open", ["int", "uint"]);
const pidfdSendSignalCall = systemCall<[number, number, null, number]>("pidfd_send_signal", [
  "int",
  "int",
  "void *",
  "uint",
]);
const pidfdGetfdCall = systemCall<[number, number, number]>("pidfd_getfd", ["int", "int", "uint"]);

/**
 * Opens a process.
 *
 * @returns A close-on-exec descriptor.
 * @throws {ErrnoError} ESRCH when there is no such process. A zombie is one still.
 * @see https://man7.org/linux/man-pages/man2/pidfd_open.2.html
 */
export function pidfdOpen(pid: number): number {
  return pidfdOpenCall(pid, 0);
}

/**
 * Sends a signal; 0 only checks.
 *
 * @throws {ErrnoError} ESRCH when the process has ended and was waited for.
 * @see https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html
 */
export function pidfdSendSignal(pidFd: number, signal: number): void {
  pidfdSendSignalCall(pidFd, signal, null, 0);
}

/**
 * Copies a descriptor out of another process, as if it had been sent.
 *
 * @param fd - The number that it has there.
 * @returns Our own, close-on-exec.
 * @throws {ErrnoError} EPERM without the right to trace that process; EBADF when it has no such descriptor.
 * @see https://man7.org/linux/man-pages/man2/pidfd_getfd.2.html
 */
export function pidfdGetfd(pidFd: number, fd: number): number {
  return pidfdGetfdCall(pidFd, fd, 0);
}
