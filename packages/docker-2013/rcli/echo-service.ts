/** For tests: a server object with a command for each thing that a command may do. */
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Service } from "./service.ts";

export class EchoService implements Service {
  readonly name = "echo";
  help() {
    return "the help\n";
  }
  /** Writes what it reads. */
  async CmdMirror(stdin: Readable, stdout: Writable) {
    await pipeline(stdin, stdout, { end: false });
  }
  /** Writes its arguments. */
  CmdWords(_stdin: Readable, stdout: Writable, ...args: string[]) {
    stdout.write(`${JSON.stringify(args)}\n`);
  }
  CmdFail(_stdin: Readable, stdout: Writable) {
    stdout.write("so far\n");
    throw new Error("100%done");
  }
}
