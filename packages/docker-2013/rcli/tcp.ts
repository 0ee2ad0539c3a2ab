/**
 * rcli over TCP: one connection a command.
 *
 *     client ──▶ server    ["run","-a","-i","base","cat"]\n     argv as one line of JSON
 *     client ──▶ server    the user's stdin, raw, then a half-close (FIN)
 *     client ◀── server    the command's output, raw: stdout and stderr in one stream; ends when the server closes
 *
 * No exit status travels back: a failed command appends "Error: …" to its output.
 */
import { createServer, type Server, type Socket } from "node:net";
import { PassThrough, type Readable } from "node:stream";
import { parseAddress } from "./call-tcp.ts";
import { call, errorLine, type Service } from "./service.ts";
import { adoptTrace } from "./trace-link.ts";

/** Nothing that a person types comes near; a sender that never ends its line must not fill the daemon's memory. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** How long a client may take to read the end of its answer before the connection is cut. */
const LINGER_MS = 10_000;
const NEWLINE = 0x0a;

/**
 * Serves rcli at `address`; resolves when it listens.
 *
 * @param traceLinks - Where clients leave notes of traced requests: see trace-link.ts.
 */
export function listenAndServeTCP(address: string, service: Service, traceLinks: string): Promise<Server> {
  // Half-open: a client that has sent all its input still waits for the output.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => serve(socket, service, traceLinks));
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(parseAddress(address), () => resolve(server));
  });
}

async function serve(socket: Socket, service: Service, traceLinks: string): Promise<void> {
  socket.on("error", () => {}); // A client that left: the command notices when it writes.
  try {
    const line = await readLine(socket);
    if (line === undefined) return void socket.destroy(); // only looked whether somebody listens
    await adoptTrace(socket, traceLinks, line, async () => call(service, stdinOf(socket), socket, parseLine(line)));
  } catch (error) {
    const answer = errorLine(error);
    console.log(answer.trimEnd());
    socket.write(answer);
  }
  close(socket);
}

/** The first line that arrives; nothing if the client leaves without a byte. What came with it in the same segment goes back into the socket: it is the command's stdin. */
function readLine(socket: Socket): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      socket.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
      act();
    };
    const onEnd = () =>
      settle(() => {
        if (length === 0) resolve(undefined);
        else reject(new Error("Cannot read the command line: the connection ended before its end"));
      });
    const onReadable = () => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        const newline = chunk.indexOf(NEWLINE);
        chunks.push(newline === -1 ? chunk : chunk.subarray(0, newline));
        length += chunk.length;
        if (newline !== -1) {
          if (newline + 1 < chunk.length) socket.unshift(chunk.subarray(newline + 1));
          return settle(() => resolve(Buffer.concat(chunks).toString()));
        }
        if (length > MAX_LINE_BYTES) {
          return settle(() =>
            reject(new Error(`Cannot read the command line: it is longer than ${MAX_LINE_BYTES} bytes`)),
          );
        }
      }
    };
    socket.on("readable", onReadable).on("end", onEnd).on("close", onEnd);
  });
}

function parseLine(line: string): string[] {
  let args: unknown;
  try {
    args = JSON.parse(line);
  } catch {
    args = undefined;
  }
  if (Array.isArray(args) && args.every((arg) => typeof arg === "string")) return args;
  throw new Error(
    `Cannot read the command line ${JSON.stringify(line.slice(0, 60))}: it is not a JSON list of strings`,
  );
}

/** What follows the line, as a stream of its own: a command that has read it to the end must still be able to answer. */
function stdinOf(socket: Socket): Readable {
  const stdin = socket.pipe(new PassThrough());
  socket.once("close", () => stdin.destroy());
  return stdin;
}

/**
 * Ends the answer. Input that nobody read is drained first: closing with bytes unread makes the kernel send a reset, which would destroy
 * output still on its way.
 */
function close(socket: Socket): void {
  socket.end();
  socket.unpipe();
  socket.resume();
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}
