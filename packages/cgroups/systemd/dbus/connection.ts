/**
 * A connection to a bus, or to a program that speaks as one: calls, and signals heard.
 *
 *     ▶ \0 AUTH EXTERNAL <uid, each digit in hex>\r\n      who we are the kernel tells the other side
 *     ◀ OK <id of the bus>\r\n
 *     ▶ BEGIN\r\n                                          from here on messages
 *
 * @see https://dbus.freedesktop.org/doc/dbus-specification.html#auth-protocol
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { socketPaths } from "./address.ts";
import type { DBusValue } from "./encoder.ts";
import { decodeMessage, encodeMessage, KIND, type Message, messageSize } from "./message.ts";

/** An error that the other side answered a call with. */
export class DBusError extends Error {
  override readonly name = "DBusError";
  /** `org.freedesktop.systemd1.NoSuchUnit` */
  readonly errorName: string;

  constructor(call: string, errorName: string, text: unknown) {
    super(`Cannot call ${call}: ${typeof text === "string" ? text : errorName}`);
    this.errorName = errorName;
  }
}

/** Whom to call, and what. */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly DBusValue[];
}

interface Pending {
  readonly call: string;
  readonly resolve: (body: readonly DBusValue[]) => void;
  readonly reject: (error: Error) => void;
}

export class DBusConnection {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(signal: Message) => void>();
  #received = Buffer.alloc(0);
  #serial = 0;

  /**
   * Connects and says who we are.
   *
   * @param address - `unix:path=/run/dbus/system_bus_socket`, or several with `;` between them, of which the first that answers is taken.
   * @throws {Error} When none answers.
   */
  static async open(address: string): Promise<DBusConnection> {
    let failure: unknown;
    for (const path of socketPaths(address)) {
      try {
        return new DBusConnection(await authenticate(path));
      } catch (error) {
        failure = error;
      }
    }
    throw new Error(`Cannot connect to D-Bus at ${address}`, { cause: failure });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.#receive(bytes)); // no encoding is set
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("Cannot go on: D-Bus has closed the connection")));
  }

  /** Calls a method. @throws {DBusError} What the other side answers in place of a result. */
  call(call: MethodCall): Promise<readonly DBusValue[]> {
    const serial = ++this.#serial;
    const { promise, resolve, reject } = Promise.withResolvers<readonly DBusValue[]>();
    this.#pending.set(serial, { call: `${call.interface}.${call.member}`, resolve, reject });
    this.#socket.write(encodeMessage({ body: [], ...call, kind: KIND.METHOD_CALL, serial }));
    return promise;
  }

  /** Calls `listener` for each signal. @returns Stops it. */
  onSignal(listener: (signal: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    try {
      for (let message = this.#next(); message !== undefined; message = this.#next()) this.#dispatch(message);
    } catch (error) {
      this.#socket.destroy(error as Error);
    }
  }

  #next(): Message | undefined {
    const size = messageSize(this.#received);
    if (size === undefined || this.#received.length < size) return undefined;
    const message = decodeMessage(this.#received.subarray(0, size));
    this.#received = this.#received.subarray(size);
    return message;
  }

  #dispatch(message: Message): void {
    if (message.kind === KIND.SIGNAL) for (const listener of this.#listeners) listener(message);
    const { replySerial = 0, errorName = "", body } = message;
    const pending = this.#pending.get(replySerial);
    this.#pending.delete(replySerial);
    if (message.kind === KIND.METHOD_RETURN) pending?.resolve(body);
    if (message.kind === KIND.ERROR) pending?.reject(new DBusError(pending.call, errorName, body[0]));
  }

  #end(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

async function authenticate(path: string): Promise<Socket> {
  const socket = connect({ path });
  await once(socket, "connect");
  socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid!())).toString("hex")}\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer]; // one line: nothing comes before BEGIN unless asked for
  if (!answer.toString().startsWith("OK ")) {
    socket.destroy();
    throw new Error(`Cannot log in at ${path}: ${answer.toString().trim()}`);
  }
  socket.write("BEGIN\r\n");
  return socket;
}
