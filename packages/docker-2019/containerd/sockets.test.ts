import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { expect, onTestFinished, test } from "vitest";
import { makeSocket } from "./sockets.ts";

const OWNER = { uid: 0, gid: 0 };

test("makeSocket() gives a socket its name when somebody listens there, and takes it away at the end", async () => {
  const dir = mkdtempSync(join(tmpdir(), "eras-sockets-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "s");
  writeFileSync(path, "of a dead containerd");
  const server = createServer((socket) => socket.on("error", () => {}).end("hello"));
  const listen = async (unfinished: string) => {
    await once(server.listen(unfinished), "listening");
    expect(statSync(path).isFile()).toBe(true); // still
    return () => {
      expect(readdirSync(dir)).toEqual([]);
      server.close();
    };
  };
  const stop = await makeSocket(path, OWNER, listen);
  expect(statSync(path).mode & 0o777).toBe(0o660);
  expect(String(await once(connect(path), "data"))).toBe("hello");
  await expect(makeSocket(path, OWNER, listen)).rejects.toThrow(Unavailable);
  stop();
  expect.assertions(5);
});
