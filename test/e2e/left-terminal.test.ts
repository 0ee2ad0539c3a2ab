import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "vitest";
import { CLONE } from "../../tutorials/paths.ts";
import { Terminal } from "../harness/terminal.ts";

test.each([
  ["docker-2013", (port: number) => ({ DOCKER: `127.0.0.1:${port}` })],
  ["docker-2019", (port: number) => ({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })],
])("a %s that ends in the background leaves the terminal as the shell has it by then", async (program, atServer) => {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const terminal = new Terminal();
  const started = once(server, "connection");
  const shell = terminal.run(
    "sh",
    ["-c", `stty -echo; ${CLONE}/bin/${program} ps & read go; stty echo; echo ready; wait; echo ended; read go`],
    { ...process.env, ...atServer((server.address() as AddressInfo).port) },
  );
  try {
    const [client] = (await started) as [Socket];
    terminal.type("\r");
    await terminal.waitFor("ready");
    client.destroy();
    await terminal.waitFor("ended");
    terminal.type("seen?\r");
    await terminal.waitFor("seen?"); // which the terminal writes, as long as it echoes
  } finally {
    shell.kill("SIGKILL");
    terminal.close();
    server.close();
  }
});
