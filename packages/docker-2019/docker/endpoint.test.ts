import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findEndpoint } from "./endpoint.ts";

const dir = mkdtempSync(join(tmpdir(), "docker-eras-endpoint-"));
writeFileSync(join(dir, "ca.pem"), "ca");
afterAll(() => rmSync(dir, { recursive: true }));

const FLAGS = { config: dir, debug: false, logLevel: "info", version: false } as const;
const tlsOf = (flags: object, environment = {}) =>
  findEndpoint({ ...FLAGS, host: ["tcp://far"], ...flags }, environment).tls?.rejectUnauthorized;

test("a port alone is one of this host; what is none is refused", () => {
  expect(findEndpoint({ ...FLAGS, host: [":2375"] }, {})).toMatchObject({
    url: "tcp://localhost:2375",
    host: "localhost",
    port: 2375,
  });
  expect(() => findEndpoint({ ...FLAGS, host: ["tcp://far:99999"] }, {})).toThrow(
    "Invalid bind address format: tcp://far:99999",
  );
});

test("TLS is for who asks for it, by a flag or a variable, and also for who says not to verify", () => {
  expect(tlsOf({})).toBeUndefined();
  expect(tlsOf({}, { DOCKER_TLS: "1" })).toBe(false);
  expect(tlsOf({ tls: false }, { DOCKER_TLS: "1" })).toBeUndefined();
  expect(tlsOf({ tlsverify: false })).toBe(false);
  expect(tlsOf({ tlsverify: false }, { DOCKER_TLS_VERIFY: "1" })).toBe(false);
  expect(tlsOf({}, { DOCKER_TLS_VERIFY: "1" })).toBe(true);
});

test("an address of ssh is a command line; what it can't mean is refused", () => {
  const commandOf = (url: string) => findEndpoint({ ...FLAGS, host: [url] }, {}).command?.join(" ");
  expect(commandOf("ssh://far")).toBe("ssh -- far docker system dial-stdio");
  expect(commandOf("ssh://me@[::1]:22")).toBe("ssh -l me -p 22 -- ::1 docker system dial-stdio");
  expect(() => commandOf("ssh://me:secret@far")).toThrow(/^ssh host connection is not valid: plain-text password/);
  expect(() => commandOf("ssh://me@")).toThrow("no host specified");
  expect(() => commandOf("ssh://far/run/docker.sock")).toThrow('extra path after the host: "/run/docker.sock"');
  expect(() => commandOf("ssh://far:port")).toThrow('parse "ssh://far:port"');
});
