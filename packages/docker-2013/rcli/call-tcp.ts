/** The client's half of rcli over TCP: tcp.ts has the protocol, and the server's half. Apart, because every command starts a client. */
import { connect, type Socket } from "node:net";
import { step } from "../step.ts";
import { announceTrace } from "./trace-link.ts";

/** Splits `host:port`; an empty host is this machine. @throws {Error} When `address` has another form. */
export function parseAddress(address: string): { host: string; port: number } {
  const [, host, port] = /^(?:\[?([^[\]]*?)\]?):(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65535)
    throw new Error(`Cannot use address "${address}": it is not host:port`);
  return { host: host || "127.0.0.1", port: Number(port) };
}

/**
 * Connects to the server at `address` and sends the command line. The socket then carries stdin one way, output the other.
 *
 * @param beforeLine - Runs when connected, before the line is sent: for what the server should know by then.
 * @throws {Error} As `net.connect`: `code` is ECONNREFUSED when nobody listens.
 */
export async function callTCP(
  address: string,
  args: readonly string[],
  beforeLine?: (socket: Socket) => Promise<void>,
): Promise<Socket> {
  step("docker.call-tcp", { address, args });
  const socket = connect({ ...parseAddress(address), allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  await beforeLine?.(socket);
  const line = `${JSON.stringify(args)}\n`;
  announceTrace(socket, line);
  socket.write(line);
  return socket;
}
