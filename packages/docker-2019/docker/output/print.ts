/** What docker prints. Written at once: what has been printed is out when docker ends, and who reads slowly slows docker down. */
import { writeSync } from "node:fs";

export const STDOUT = 1;
export const STDERR = 2;

/** What a shell sees of a program that SIGPIPE has ended. Node ignores that signal. */
const ENDED_BY_SIGPIPE = 141;

/** Writes all of it, also into a pipe whose reader takes his time. Ends docker when there is no reader. */
export function write(fd: number, bytes: string | Uint8Array): void {
  const buffer = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  for (let done = 0; done < buffer.length; ) {
    try {
      done += writeSync(fd, buffer, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") process.exit(ENDED_BY_SIGPIPE);
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // somebody has made it non-blocking: a millisecond
    }
  }
}

export function print(line: string): void {
  write(STDOUT, `${line}\n`);
}

export function printError(line: string): void {
  write(STDERR, `${line}\n`);
}
