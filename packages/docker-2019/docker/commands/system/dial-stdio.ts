/**
 * docker system dial-stdio: what a docker elsewhere runs here, through ssh, to speak to the daemon of this machine.
 *
 *     stdin ─▶ daemon      its end is told, and the answer still awaited
 *     stdout ◀─ daemon     its end is the command's
 */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { leaf, NO_ARGUMENTS } from "../../command.ts";
import type { Endpoint } from "../../endpoint.ts";

export const dialStdio = leaf({
  usage: "",
  arguments: NO_ARGUMENTS,
  async run({ docker }) {
    const connection = await dial(docker.api.endpoint);
    process.stdin.pipe(connection);
    connection.pipe(process.stdout);
    await finished(connection, { writable: false });
    await new Promise<void>((resolve) => process.stdout.write("", () => resolve())); // all before it is out
  },
});

async function dial({ socketPath, host = "", port = 0, tls, command }: Endpoint): Promise<Duplex> {
  if (command) return new (await import("../../command-agent.ts")).CommandStream(command);
  const allowHalfOpen = true;
  if (socketPath !== undefined) return connect({ path: socketPath, allowHalfOpen });
  if (!tls) return connect({ host, port, allowHalfOpen });
  const options = { host, port, ...tls, allowHalfOpen };
  return (await import("node:tls")).connect(options);
}
