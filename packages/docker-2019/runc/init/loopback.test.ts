import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";

describe("bringLoopbackUp()", () => {
  test("brings up the device of a new network", () => {
    const outcome = inFork(
      `import { networkInterfaces } from "node:os";
       import { CLONE_NEWNET, unshare } from "@eras/linux/namespaces.ts";
       import { bringLoopbackUp } from "./init/loopback.ts";`,
      `unshare(CLONE_NEWNET);
       report(Object.keys(networkInterfaces()));
       bringLoopbackUp();
       report(networkInterfaces().lo.map(({ address }) => address));`,
    );
    expect(outcome).toEqual([[], ["127.0.0.1", "::1"]]);
  });
});
