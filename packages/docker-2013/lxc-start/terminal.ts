/** The terminal on which the container's program runs, if any, becomes its own: Ctrl-C, Ctrl-Z and /dev/tty work. */
import { isErrno } from "@eras/linux/errno.ts";
import { isatty, isControllingTerminal, setControllingTerminal, setsid } from "@eras/linux/tty.ts";
import { step } from "../step.ts";

/** The container is on a terminal if its input is: who only prints on one shares it with others, whom its end would cut off. */
const STDIN = 0;

/**
 * Starts a session of its own for the container, with the terminal that it was given.
 *
 * dockerd gives each container a fresh terminal, which nobody controls yet. Without one the session keeps the container away from its
 * caller's: a program could open it as /dev/tty and type on it. Only lxc-start on a person's own terminal stays in that
 * person's session, so that Ctrl-C and the shell's job control reach it.
 */
export function takeTerminal(): void {
  step("init.take-terminal");
  const isTerminal = isatty(STDIN);
  if (isTerminal && isControllingTerminal(STDIN)) return;
  setsid();
  if (isTerminal) control(STDIN);
}

function control(terminal: number): void {
  try {
    setControllingTerminal(terminal);
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error; // another session's: usable, but without job control
  }
}
