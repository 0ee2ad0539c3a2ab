import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "vitest";
import { Terminal } from "../../../test/harness/terminal.ts";
import { CLONE } from "../../../tutorials/paths.ts";

test("a client that ends in the background leaves the terminal as the shell has it by then", async () => {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const terminal = new Terminal();
  const DOCKER = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const started = once(server, "connection");
  const shell = terminal.run(
    "sh",
    ["-c", `stty -echo; ${CLONE}/bin/docker-2013 ps & read go; stty echo; echo ready; wait; echo ended; read go`],
    { ...process.env, DOCKER },
  );
  try {
    const [client] = (await started) as [Socket];
    terminal.type("\r");
    await terminal.waitFor("ready");
    client.end();
    await terminal.waitFor("ended");
    terminal.type("seen?\r");
    await terminal.waitFor("seen?"); // which the terminal writes, as long as it echoes
  } finally {
    shell.kill("SIGKILL");
    terminal.close();
    server.close();
  }
});
