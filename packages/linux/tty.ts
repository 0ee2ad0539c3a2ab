/**
 * Terminals: a pair of pseudoterminal ends, the settings of the line discipline between them, and who owns the terminal.
 *
 *     keyboard, screen ── master ═╪═ slave ── stdin, stdout, stderr of the program
 *                                 └ line discipline: echo, line editing, Ctrl-C → SIGINT, \n → \r\n  (termios)
 *
 * A terminal starts out "cooked": it echoes, collects lines, and turns Ctrl-C into a signal. A client that carries a remote terminal
 * turns all that off on its own side (`makeRaw`), so that every key travels, and puts the old settings back at the end.
 *
 * A program gets job control (Ctrl-C, Ctrl-Z, /dev/tty) only if the slave is its controlling terminal. The order is fixed:
 * `setsid()` leaves the old terminal behind, then `setControllingTerminal(slave)` takes the new one.
 *
 * @see https://man7.org/linux/man-pages/man7/pty.7.html
 */
import { closeSync, constants, openSync } from "node:fs";
import { isErrno } from "./errno.ts";
import { libcFunction } from "./libc.ts";

// The requests of ioctl_tty(2); the numbers are those of asm-generic/ioctls.h.
const TIOCSCTTY = 0x540e;
const TIOCGWINSZ = 0x5413;
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;

// ioctl's third argument is a pointer for some requests and a number for others.
const ioctlPointer = libcFunction<[number, number, Buffer]>("int ioctl(int fd, ulong request, void *argument)");
const ioctlNumber = libcFunction<[number, number, number]>("int ioctl(int fd, ulong request, ulong argument)");
const setsidFn = libcFunction("int setsid()");
const isattyFn = libcFunction<[number]>("int isatty(int fd)");

/** Both ends of a pseudoterminal, as descriptors that close on exec. */
export interface Pty {
  readonly master: number;
  readonly slave: number;
  /** The slave's name inside its devpts: `/dev/pts/3`. */
  readonly path: string;
}

/**
 * Opens a new pseudoterminal.
 *
 * @param ptmx - The multiplexer to ask. Each mounted devpts has its own, so a container's terminal comes from the container's.
 * @see https://man7.org/linux/man-pages/man2/TIOCGPTPEER.2const.html
 */
export function openpty(ptmx = "/dev/ptmx"): Pty {
  const flags = constants.O_RDWR | constants.O_NOCTTY;
  const master = openSync(ptmx, flags);
  try {
    ioctlPointer(master, TIOCSPTLCK, Buffer.alloc(4)); // the slave is born locked; 0 unlocks it
    const index = Buffer.alloc(4);
    ioctlPointer(master, TIOCGPTN, index);
    // By descriptor, not by path: the path may name another terminal in another mount namespace.
    const slave = ioctlNumber(master, TIOCGPTPEER, flags | O_CLOEXEC);
    return { master, slave, path: `/dev/pts/${index.readUInt32LE()}` };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

/** Octal 2000000 on x86 and arm alike; `node:fs` sets it on its own descriptors and does not export it. */
const O_CLOEXEC = 0o2000000;

/** Size of a terminal in characters. */
export interface Winsize {
  readonly rows: number;
  readonly columns: number;
}

/** The size of the terminal `fd`. @see https://man7.org/linux/man-pages/man2/TIOCSWINSZ.2const.html */
export function getWindowSize(fd: number): Winsize {
  const winsize = Buffer.alloc(8); // struct winsize: rows, columns, width and height in pixels, 16 bits each
  ioctlPointer(fd, TIOCGWINSZ, winsize);
  return { rows: winsize.readUInt16LE(0), columns: winsize.readUInt16LE(2) };
}

/** Sets the size of the terminal `fd`; the kernel sends SIGWINCH to its foreground processes if that changes it. */
export function setWindowSize(fd: number, size: Winsize): void {
  const winsize = Buffer.alloc(8);
  winsize.writeUInt16LE(size.rows, 0);
  winsize.writeUInt16LE(size.columns, 2);
  ioctlPointer(fd, TIOCSWINSZ, winsize);
}

/**
 * Starts a new session without a controlling terminal and returns its id, the caller's PID.
 *
 * @throws {ErrnoError} EPERM when the caller leads a process group already.
 * @see https://man7.org/linux/man-pages/man2/setsid.2.html
 */
export function setsid(): number {
  return setsidFn();
}

/**
 * Makes the terminal `fd` the controlling terminal of the session. Call after `setsid()`.
 *
 * @throws {ErrnoError} EPERM when the caller doesn't lead its session, or the terminal belongs to another one.
 * @see https://man7.org/linux/man-pages/man2/TIOCSCTTY.2const.html
 */
export function setControllingTerminal(fd: number): void {
  ioctlNumber(fd, TIOCSCTTY, 0);
}

/** Whether `fd` is open on a terminal. Unlike `node:tty`, loads nothing. @see https://man7.org/linux/man-pages/man3/isatty.3.html */
export function isatty(fd: number): boolean {
  return isattyFn(fd) === 1;
}

const tcgetattr = libcFunction<[number, Buffer]>("int tcgetattr(int fd, void *termios)");
const tcsetattr = libcFunction<[number, number, Buffer]>("int tcsetattr(int fd, int when, void *termios)");

/** Settings take effect at once, without waiting for output to drain. */
const TCSANOW = 0;

// Flags of termios(3) by the names there; the numbers are those of asm-generic/termbits.h.
// biome-ignore format: one line a field
const IFLAG = { IGNBRK: 0x1, BRKINT: 0x2, PARMRK: 0x8, ISTRIP: 0x20, INLCR: 0x40, IGNCR: 0x80, ICRNL: 0x100, IXON: 0x400 };
const OFLAG = { OPOST: 0x1 };
const ONLCR = 0x4;
const CFLAG = { CSIZE: 0x30, CS8: 0x30, PARENB: 0x100 };
const LFLAG = { ISIG: 0x1, ICANON: 0x2, ECHO: 0x8, ECHONL: 0x40, IEXTEN: 0x8000 };

/** Indexes into `cc`: `read` returns after VMIN bytes, or VTIME tenths of a second. */
const VTIME = 5;
const VMIN = 6;

/**
 * libc's struct termios:
 *
 *      0  c_iflag    4  c_oflag    8  c_cflag   12  c_lflag     32 bits each
 *     16  c_line    17  c_cc[32]  52  c_ispeed  56  c_ospeed    60 bytes in all
 */
export interface Termios {
  /** Input: break, parity, \r and \n, Ctrl-S and Ctrl-Q. */
  readonly iflag: number;
  /** Output: \n to \r\n. */
  readonly oflag: number;
  /** The line: size of a byte, parity. */
  readonly cflag: number;
  /** Local: echo, line editing, signals. */
  readonly lflag: number;
  /** The rest as libc laid it out from offset 16 on: line discipline, control characters, speeds. */
  readonly rest: Buffer;
}

const TERMIOS_SIZE = 60;
const CC_IN_REST = 1;

/** The settings of the terminal `fd`. @throws {ErrnoError} ENOTTY when it isn't one. */
export function getTermios(fd: number): Termios {
  const raw = Buffer.alloc(TERMIOS_SIZE);
  tcgetattr(fd, raw);
  return {
    iflag: raw.readUInt32LE(0),
    oflag: raw.readUInt32LE(4),
    cflag: raw.readUInt32LE(8),
    lflag: raw.readUInt32LE(12),
    rest: raw.subarray(16),
  };
}

/** Changes the settings of the terminal `fd` at once. */
export function setTermios(fd: number, termios: Termios): void {
  const raw = Buffer.alloc(TERMIOS_SIZE);
  raw.writeUInt32LE(termios.iflag, 0);
  raw.writeUInt32LE(termios.oflag, 4);
  raw.writeUInt32LE(termios.cflag, 8);
  raw.writeUInt32LE(termios.lflag, 12);
  termios.rest.copy(raw, 16);
  tcsetattr(fd, TCSANOW, raw);
}

/** Whether the terminal collects lines and edits them itself; a program with a line editor of its own turns that off while it reads. */
export function isCanonical({ lflag }: Termios): boolean {
  return (lflag & LFLAG.ICANON) !== 0;
}

/** These settings in raw mode, as cfmakeraw(3) defines it: eight-bit bytes pass unchanged, unechoed and one by one. */
export function makeRaw(termios: Termios): Termios {
  const rest = Buffer.from(termios.rest);
  rest[CC_IN_REST + VMIN] = 1;
  rest[CC_IN_REST + VTIME] = 0;
  return {
    iflag: without(termios.iflag, IFLAG),
    oflag: without(termios.oflag, OFLAG),
    cflag: without(termios.cflag, CFLAG) | CFLAG.CS8,
    lflag: without(termios.lflag, LFLAG),
    rest,
  };
}

/** These settings, but a line that a program prints ends with the \n that it wrote, without a \r before. */
export function withoutCarriageReturns(termios: Termios): Termios {
  return { ...termios, oflag: without(termios.oflag, { ONLCR }) };
}

function without(field: number, flags: Record<string, number>): number {
  return Object.values(flags).reduce((left, flag) => left & ~flag, field) >>> 0;
}

const tcgetsid = libcFunction<[number]>("int tcgetsid(int fd)");

/**
 * Whether the terminal `fd` is the controlling terminal of the caller's session.
 *
 * @see https://man7.org/linux/man-pages/man3/tcgetsid.3.html
 */
export function isControllingTerminal(fd: number): boolean {
  try {
    tcgetsid(fd);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOTTY")) return false;
    throw error;
  }
}
