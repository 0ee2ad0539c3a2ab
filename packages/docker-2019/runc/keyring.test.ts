import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { inFork } from "./in-fork.ts";

const IMPORTS = `import { createSessionKeyring, joinContainerKeyring } from "./keyring.ts";
  import { describeKey } from "@eras/linux/keyctl.ts";`;
/** "@s", the session keyring of the caller: KEY_SPEC_SESSION_KEYRING. */
const SESSION = -3;

describe("createSessionKeyring()", () => {
  test("gives the container a keyring of its own, which exec can find", () => {
    const id = randomUUID();
    const [created, joined] = inFork(
      IMPORTS,
      `createSessionKeyring("${id}", { inUserNamespace: false });
       report(describeKey(${SESSION}));
       joinContainerKeyring("${id}");
       report(describeKey(${SESSION}));`,
    );
    expect(created).toMatchObject({ type: "keyring", description: `_ses.${id}` });
    expect((created as { permissions: number }).permissions & 0x08_0000).toBe(0x08_0000);
    expect(joined).toEqual(created);
  });

  test("lets others search it if the container has a user namespace", () => {
    const [created] = inFork(
      IMPORTS,
      `createSessionKeyring("${randomUUID()}", { inUserNamespace: true }); report(describeKey(${SESSION}));`,
    );
    expect((created as { permissions: number }).permissions & 0x08).toBe(0x08);
  });
});
