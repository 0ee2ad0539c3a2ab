/** What is worth a try, and no reason to leave all else undone: a failure is told of in the log. */
import { log } from "../log.ts";

/** @param what - That can't be done: `unmount container 5f3a`. */
export function attempt(what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    noteFailure(what)(error as Error);
  }
}

/** The same for a promise's `catch`. */
export function noteFailure(what: string): (error: Error) => void {
  return ({ message }) => log("warning", `Cannot ${what}: ${message}`);
}
