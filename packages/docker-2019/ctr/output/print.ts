/** What ctr prints on stdout. Written at once: what has been printed is out when ctr ends. */
import { writeSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { align, type TableStyle } from "./table.ts";

const STDOUT = 1;

/** Writes all of it, also into a pipe whose reader takes his time. */
export function write(bytes: string | Uint8Array): void {
  const buffer = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  for (let done = 0; done < buffer.length; ) {
    try {
      done += writeSync(STDOUT, buffer, done);
    } catch (error) {
      if (!isErrno(error, "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // somebody has made stdout non-blocking: a millisecond
    }
  }
}

export function print(line: string): void {
  write(`${line}\n`);
}

/** Prints rows whose cells are tab-terminated. */
export function printTable(rows: readonly string[], style: TableStyle): void {
  write(align(rows.map((row) => `${row}\n`).join(""), style));
}

/** As Go's encoding/json indents it, with containerd's four spaces. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? Number(part) : part), 4));
}

/** `a=b,c=d`, or what stands for none. */
export function formatLabels(labels: Readonly<Record<string, string>>, none: string): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? pairs.sort().join(",") : none;
}
