import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";

/** "@s", the session keyring of the caller: KEY_SPEC_SESSION_KEYRING. */
const SESSION = -3;
const IMPORTS = `import { readSync } from "node:fs";
  import { describeKey } from "@eras/linux/keyctl.ts";
  import { pipe } from "@eras/linux/pipe.ts";
  import { createSessionKeyring, joinContainerKeyring } from "./process/keyring.ts";
  const [created, joined] = [pipe(), pipe()];
  const wait = (fd) => readSync(fd, Buffer.alloc(1));`;

/** The session keyrings of a container's init and of an exec. */
function keyrings(id: string, inUserNamespace: boolean): unknown[] {
  return inFork(
    IMPORTS,
    `createSessionKeyring("${id}", { inUserNamespace: ${inUserNamespace} });
     report(describeKey(${SESSION}));
     writeSync(created.writeEnd, "1");
     wait(joined.readEnd);`,
    `wait(created.readEnd);
     joinContainerKeyring("${id}");
     report(describeKey(${SESSION}));
     writeSync(joined.writeEnd, "1");`,
  );
}

describe("createSessionKeyring()", () => {
  test.each([
    [false, 0x3f1b_0000],
    [true, 0x3f13_0008],
  ])(
    "gives the container a keyring of its own, searchable as runc has it (user namespace: %s)",
    (inside, permissions) => {
      const id = randomUUID();
      const [created] = keyrings(id, inside);
      expect(created).toEqual({ type: "keyring", uid: 0, gid: 0, description: `_ses.${id}`, permissions });
    },
  );
});

describe("joinContainerKeyring()", () => {
  test("finds it", () => {
    const [created, joined] = keyrings(randomUUID(), false);
    expect(joined).toEqual(created); // a new one would have other permissions
  });
});
