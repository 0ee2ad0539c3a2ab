/** Ctrl-C, so that whoever is at work can clean up. A second one ends the program at once. */
const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => controller.abort(new Error(`Ended by ${signal}`)));

/** Aborted by the first Ctrl-C. */
export const interruption: AbortSignal = controller.signal;
