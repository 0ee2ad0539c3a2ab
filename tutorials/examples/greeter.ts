/** A server of one's own behind a door of 2013: `node greeter.ts &`, then `DOCKER=127.0.0.1:4343 docker-2013 greet Ann`. */
import type { Readable, Writable } from "node:stream";
import { commandNames, type Service } from "@eras/docker-2013/rcli/service.ts";
import { listenAndServeTCP } from "@eras/docker-2013/rcli/tcp.ts";
import { endDaemon } from "@eras/linux/end-daemon.ts";

/** Has a command for each method whose name begins with Cmd. */
export class Greeter implements Service {
  readonly name = "greeter";

  help(): string {
    return `Commands: ${commandNames(this).join(" ")}\n`;
  }

  CmdGreet(_stdin: Readable, stdout: Writable, ...names: string[]): void {
    stdout.write(`Hello, ${names.join(" and ")}\n`);
  }
}

await listenAndServeTCP("127.0.0.1:4343", new Greeter(), "");
process.on("SIGTERM", endDaemon); // leaves the terminal alone, which by then is the shell's
