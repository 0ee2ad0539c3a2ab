/** What a trace does to the wire, and what it has of it: one more word of metadata, and every byte of a message. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { traceRequest } from "@eras/trace/context.ts";
import { PAYLOAD_BYTES_MAX, type TraceMessage } from "@eras/trace/event.ts";
import { LINK_KEY } from "@eras/trace/link.ts";
import { parseSpool } from "@eras/trace/timeline.ts";
import { readMessage } from "@eras/viewer/page/message.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NAMESPACE_KEY, TTRPC_NAMESPACE_KEY } from "./call.ts";
import { Containers, CreateContainerResponseSchema, GetContainerRequestSchema } from "./gen/containers_pb.ts";
import { Task } from "./gen/shim_pb.ts";
import { RequestSchema, ResponseSchema } from "./gen/ttrpc_pb.ts";
import { Version, VersionResponseSchema } from "./gen/version_pb.ts";
import { connectGrpc, grpcClient } from "./grpc/client.ts";
import { grpcServer, implement, listen } from "./grpc/server.ts";
import { fromBinary, toBinary } from "./message.ts";
import { connectTtrpc, ttrpcClient } from "./ttrpc/client.ts";
import { encodeFrame, FrameReader, RESPONSE } from "./ttrpc/frame.ts";

let dir: string;
let spool: string;
let socket: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "eras-wire-"));
  [spool, socket] = [join(dir, "run.jsonl"), join(dir, "s")];
  writeFileSync(spool, "");
});
afterEach(() => rmSync(dir, { recursive: true }));

const traced = <Result>(work: () => Promise<Result>) => traceRequest(spool, "client", undefined, work);

/** The messages that the trace tells of, of the caller's side. */
function told(): TraceMessage[] {
  const events = parseSpool(readFileSync(spool, "utf8"));
  return events.filter(({ actor }) => actor === "client").flatMap(({ msg }) => msg ?? []);
}

const bytesOf = ({ payload }: TraceMessage) => Buffer.from(payload!.base64, "base64");

describe("of a ttrpc call", () => {
  /** Answers every request with "not implemented", and keeps them. */
  async function collect(): Promise<{ server: Server; requests: Buffer[] }> {
    const requests: Buffer[] = [];
    const server = createServer((peer) => {
      const frames = new FrameReader();
      peer.on("data", (piece: Buffer) => {
        for (const { streamId, payload } of frames.push(piece)) {
          requests.push(Buffer.from(payload));
          peer.write(
            encodeFrame({ streamId, type: RESPONSE, payload: toBinary(ResponseSchema, { status: { code: 12 } }) }),
          );
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return { server, requests };
  }

  test("the bytes are the same, traced or not, but for the trace's own metadata", async () => {
    const { server, requests } = await collect();
    const connection = await connectTtrpc(socket);
    const call = () =>
      ttrpcClient(Task, connection)
        .state({ id: "web" }, { metadata: { [TTRPC_NAMESPACE_KEY]: "moby" }, timeoutMs: 5000 })
        .catch(({ kind }) => kind);
    expect([await call(), await traced(call)]).toEqual(["NotImplemented", "NotImplemented"]);
    connection.close();
    server.close();
    const [untraced, withTrace] = requests;
    const request = fromBinary(RequestSchema, withTrace!);
    const metadata = request.metadata.filter(({ key }) => key !== LINK_KEY);
    expect(request.metadata.length - metadata.length).toBe(1);
    expect(toBinary(RequestSchema, { ...request, metadata })).toEqual(untraced);
    const [sent, answer] = told();
    expect(bytesOf(sent!)).toEqual(Buffer.from(request.payload));
    expect(sent).toMatchObject({ metadata: { [TTRPC_NAMESPACE_KEY]: "moby" }, address: socket });
    expect(answer).toMatchObject({
      summary: expect.stringMatching(/^NotImplemented: /),
      answers: "containerd.task.v2.Task/State",
    });
  });
});

describe("of a gRPC call", () => {
  /** Answers every request with an empty message, and keeps them: headers, and the data with its five bytes before. */
  async function collect() {
    const requests: { headers: IncomingHttpHeaders; data: Buffer }[] = [];
    const server = createHttp2Server();
    server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        requests.push({ headers, data: Buffer.concat(pieces) });
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        stream.end(Buffer.alloc(5));
      });
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return { server, requests };
  }

  test("headers and data are the same, traced or not, but for the trace's own metadata", async () => {
    const { server, requests } = await collect();
    const channel = connectGrpc(socket);
    const containers = grpcClient(Containers, channel, { [NAMESPACE_KEY]: "moby" });
    const call = () => containers.get({ id: "web" });
    expect(await traced(call)).toEqual(await call());
    channel.close();
    server.close();
    const [withTrace, untraced] = requests;
    const { [LINK_KEY]: link, ...headers } = withTrace!.headers;
    expect(link).toBeDefined();
    expect(headers).toEqual({ ...untraced!.headers });
    expect(withTrace!.data).toEqual(untraced!.data);
    const [sent, answer] = told();
    expect(bytesOf(sent!)).toEqual(withTrace!.data.subarray(5));
    expect(sent).toMatchObject({ metadata: { [NAMESPACE_KEY]: "moby" }, address: socket });
    expect(answer).toMatchObject({ summary: "OK", payload: { base64: "", length: 0 } });
  });

  test("the trace keeps no more of a message than it says, and how long it was", async () => {
    const id = "x".repeat(PAYLOAD_BYTES_MAX);
    const server = grpcServer([implement(Containers, { get: () => ({ container: { id } }) })]);
    const stop = await listen(server, socket);
    const channel = connectGrpc(socket);
    await traced(() => grpcClient(Containers, channel).get({ id }));
    channel.close();
    stop();
    const [sent, answer] = told();
    const whole = toBinary(GetContainerRequestSchema, { id });
    expect(sent!.payload!.length).toBe(whole.length);
    expect(bytesOf(sent!)).toEqual(whole.subarray(0, PAYLOAD_BYTES_MAX));
    expect(answer!.payload!.length).toBe(toBinary(CreateContainerResponseSchema, { container: { id } }).length);
    expect(bytesOf(answer!)).toHaveLength(PAYLOAD_BYTES_MAX);
  });

  test("the command that a page offers sends the same, and gets the same", async () => {
    const server = grpcServer([implement(Version, { version: () => ({ version: "1.2.6" }) })]);
    const stop = await listen(server, socket);
    const channel = connectGrpc(socket);
    await traced(() => grpcClient(Version, channel, { [NAMESPACE_KEY]: "moby" }).version({}));
    const [event] = parseSpool(readFileSync(spool, "utf8")).filter(({ msg }) => msg);
    const { run: _, ...shown } = event!;
    const { stdout } = await promisify(execFile)("sh", ["-c", readMessage(shown).command!.line], { timeout: 10_000 });
    channel.close();
    stop();
    const answer = toBinary(VersionResponseSchema, { version: "1.2.6" });
    const hex = [...Buffer.concat([Buffer.from([0, 0, 0, 0, answer.length]), answer])];
    expect(stdout).toContain(`000000 ${hex.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`);
  });
});
