/** The user's terminal, for as long as the container's own terminal does the echoing, the line editing and the signals. */

/**
 * Puts the terminal, if stdin is one, in raw mode: every key travels as it is, Ctrl-C as the byte 3. For any command, even `ps`, for the
 * client can't know which one talks to a terminal. NORAW prevents it.
 *
 * @returns Puts the old settings back.
 * @see https://man7.org/linux/man-pages/man3/termios.3.html
 */
export function setRawTerminal(): () => void {
  const { stdin } = process;
  if (!stdin.isTTY || process.env.NORAW) return () => {};
  stdin.setRawMode(true);
  const restore = () => stdin.setRawMode(false);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      restore();
      process.exit(1);
    });
  }
  return restore;
}

/**
 * Leaves the output alone as well. For most commands the terminal must turn their `\n` into a new line's `\r\n`; a container's terminal has
 * done that itself, or was told not to by an editor that moves the cursor down with a bare `\n`.
 */
export async function setRawOutput(): Promise<void> {
  const { stdin } = process;
  const { getTermios, makeRaw, setTermios } = await import("@eras/linux/tty.ts"); // on use: `ps` needs no kernel calls
  if (stdin.isTTY && stdin.isRaw) setTermios(stdin.fd, makeRaw(getTermios(stdin.fd)));
}
