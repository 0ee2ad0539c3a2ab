/** Says what was being done when a call failed. */

/**
 * Calls `call`.
 *
 * @param action - For the message of the error: `Cannot mount proc on /proc: EPERM`.
 * @throws {Error} When `call` does; that error is the cause.
 */
export function attempt<Result>(action: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The action has named what it is about; a network error names another device than that, and has the kernel's explanation.
    const reason = code === undefined || message.startsWith("rtnetlink") ? message : code;
    throw new Error(`Cannot ${action}: ${reason}`, { cause: error });
  }
}
