/**
 * Two calls of 32-bit x86 that stand for many: `socketcall(1, …)` is `socket(…)`. A rule about `socket` must reach both.
 *
 * The arguments of a call made this way lie in memory, where a filter can't look: rules with conditions do not reach them. Who must
 * hold a condition on such a call against 32-bit programs forbids `socketcall` and `ipc` themselves.
 *
 * @see https://man7.org/linux/man-pages/man2/socketcall.2.html
 * @see https://man7.org/linux/man-pages/man2/ipc.2.html
 */

/** Each call by its first argument: include/uapi/linux/net.h, ipc.h. */
// biome-ignore format: a table of numbers
const MULTIPLEXERS = {
  socketcall: {
    socket: 1, bind: 2, connect: 3, listen: 4, accept: 5, getsockname: 6, getpeername: 7, socketpair: 8, send: 9, recv: 10,
    sendto: 11, recvfrom: 12, shutdown: 13, setsockopt: 14, getsockopt: 15, sendmsg: 16, recvmsg: 17, accept4: 18,
    recvmmsg: 19, sendmmsg: 20,
  },
  ipc: {
    semop: 1, semget: 2, semctl: 3, semtimedop: 4, msgsnd: 11, msgrcv: 12, msgget: 13, msgctl: 14, shmat: 21, shmdt: 22,
    shmget: 23, shmctl: 24,
  },
} satisfies Record<string, Record<string, number>>;

/** The multiplexer through which a call can be made too, and the first argument that selects it. */
export function multiplexerOf(name: string): { multiplexer: string; selector: number } | undefined {
  for (const [multiplexer, calls] of Object.entries(MULTIPLEXERS)) {
    const selector = (calls as Record<string, number>)[name];
    if (selector !== undefined) return { multiplexer, selector };
  }
  return undefined;
}
