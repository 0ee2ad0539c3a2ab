import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { hexDump, placesInDump } from "./page/bytes.ts";
import { readMessage } from "./page/message.ts";
import type { ShownEvent } from "./recorded-run.ts";

function sent(channel: "rcli" | "http" | "grpc", summary: string, args?: Record<string, unknown>): ShownEvent {
  const id = "127.0.0.1:5-127.0.0.1:4242";
  const msg = { channel, from: "docker", to: "dockerd", id, summary, ...(channel !== "rcli" && { address: "/run/s" }) };
  return {
    seq: 0,
    t_ns: 0,
    actor: "docker",
    pid: 1,
    ppid: 0,
    span: "a",
    kind: "send",
    name: channel,
    msg,
    ...(args && { args }),
  };
}

describe("readMessage()", () => {
  test("has every byte of an rcli request, and the shell command that sends them", () => {
    const line = `["run","it's"]`;
    const { bytes, command, decoded } = readMessage(sent("rcli", line));
    expect(new TextDecoder().decode(bytes)).toBe(`${line}\n`);
    expect(JSON.parse(decoded)).toEqual(["run", "it's"]);
    const [words, nc] = command!.line.split(" | ");
    expect(execFileSync("sh", ["-c", words!], { encoding: "utf8" })).toBe(`${line}\n`);
    expect(nc).toBe("nc 127.0.0.1 4242");
  });
  test("has what came piece by piece, as text where it is text", () => {
    const answer = (bytes: Buffer, length = bytes.length) => {
      const event = sent("http", "end of the answer");
      const payload = { base64: bytes.toString("base64"), length };
      return readMessage({ ...event, msg: { ...event.msg!, payload } });
    };
    expect(answer(Buffer.from('{"StatusCode":0}\n'))).toMatchObject({
      decoded: '{"StatusCode":0}\n',
      cutFrom: undefined,
    });
    const frame = answer(Buffer.from("\x01\0\0\0\0\0\0\x03hi\n"), 5_000);
    expect(frame).toMatchObject({ decoded: "end of the answer", cutFrom: 5_000 });
    expect(frame.bytes).toHaveLength(11);
  });
  test("has the body of an HTTP request", () => {
    const { bytes, command } = readMessage(
      sent("http", "POST /v1.40/containers/create", { body: { Image: "busybox" } }),
    );
    expect(new TextDecoder().decode(bytes)).toBe('{"Image":"busybox"}');
    expect(command!.line).toContain(
      `curl --unix-socket /run/s -X POST -H 'Content-Type: application/json' -d '{"Image":"busybox"}'`,
    );
  });
  test("has no bytes of a call of which the trace has only the name", () => {
    expect(readMessage(sent("grpc", "containerd.services.tasks.v1.Tasks/Create"))).toEqual({
      decoded: "containerd.services.tasks.v1.Tasks/Create",
      bytes: undefined,
      cutFrom: undefined,
      command: undefined,
    });
  });
});

test("hexDump() has the bytes that od(1) has", () => {
  const bytes = Buffer.from(`["run"]\n\0\x7fabcdefghij`);
  const genuine = execFileSync("od", ["-A", "x", "-t", "x1", "-v"], { input: bytes, encoding: "utf8" });
  const ours = hexDump(bytes)
    .split("\n")
    .map((line) => line.slice(8, 55).trimEnd());
  expect(ours).toEqual(
    genuine
      .trimEnd()
      .split("\n")
      .slice(0, -1)
      .map((line) => line.slice(7)),
  );
  expect(hexDump(bytes)).toContain('["run"]...abcdef');
});

test("placesInDump() finds bytes on all their lines, as numbers and as text", () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => 0x41 + i);
  const dump = hexDump(bytes);
  const found = placesInDump(14, 33).map(([from, to]) => dump.slice(from, to));
  expect(found.filter((_, i) => i % 2 === 0).join(" ")).toBe(
    Buffer.from(bytes.subarray(14, 33))
      .toString("hex")
      .replace(/..(?=.)/g, "$& "),
  );
  expect(found.filter((_, i) => i % 2 === 1).join("")).toBe(Buffer.from(bytes.subarray(14, 33)).toString("latin1"));
});
