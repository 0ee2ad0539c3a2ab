/**
 * docker-proxy: what listens on a published port of the host, one process a port.
 *
 * Most packets never come here: iptables sends them to the container before a process could see them. What it can't send does: a connection
 * from this host to 127.0.0.1, one over IPv6, and all of them where there is no iptables. And a port that is listened on is nobody else's.
 *
 *     docker-proxy                               dockerd
 *     listen                                     read descriptor 3 …
 *     "0\n", or "1\n" and what went wrong ──▶    … until its end
 *     close descriptor 3
 *     pass on                                    SIGINT
 */
import { closeSync, writeFileSync, writeSync } from "node:fs";
import { type CommandLine, parseCommandLine, UsageError } from "./command-line.ts";
import { releaseMemoryOnceIdle } from "./idle.ts";

/** Where the one who started us waits to hear whether we listen. Without one, bin/docker-proxy-2019 puts /dev/null there. */
const PARENT_FD = 3;
/** proc_pid_comm(5), where a thread's name is written. */
const NAME_FILE = "/proc/self/comm";

async function main(words: readonly string[]): Promise<void> {
  process.title = ["docker-proxy", ...words].join(" "); // what ps shows: of Node's flags and our files nobody wants to know
  writeFileSync(NAME_FILE, "docker-proxy"); // which the title has changed too, up to its 15th character
  const commandLine = parseCommandLine(words);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
  try {
    await listen(commandLine);
  } catch (error) {
    tellParent(`1\n${(error as Error).message}`);
    process.exitCode = 1;
    return;
  }
  tellParent("0\n");
  releaseMemoryOnceIdle();
}

async function listen({ protocol, host, container }: CommandLine): Promise<void> {
  if (protocol === "tcp") await (await import("./tcp-proxy.ts")).tcpProxy(host, container);
  else await (await import("./udp-proxy.ts")).udpProxy(host, container);
}

function tellParent(text: string): void {
  writeSync(PARENT_FD, text);
  closeSync(PARENT_FD);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  writeSync(2, `${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? error.status : 1;
}
