import { resolve } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "./config.ts";

test("directories that are given from here are passed on whole: shims are started elsewhere", () => {
  const { root, state, grpc } = loadConfig({ root: "r", state: "./s", address: "unix://a.sock" });
  expect({ root, state, grpc }).toMatchObject({
    root: resolve("r"),
    state: resolve("s"),
    grpc: { address: resolve("a.sock") },
  });
});
