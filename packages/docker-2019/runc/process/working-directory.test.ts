import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";

function temporaryRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "cwd-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

/** Runs `body` with a directory as "/". */
function inRoot(root: string, body: string): unknown[] {
  return inFork(
    `import { openSync, statSync } from "node:fs";
     import { chroot } from "@eras/linux/chroot.ts";
     import { setUser } from "./process/user.ts";
     import { enterWorkingDirectory, makeWorkingDirectory, tryWorkingDirectory } from "./process/working-directory.ts";`,
    `process.chdir("/usr"); chroot(${JSON.stringify(root)}); ${body}`,
  );
}

describe("makeWorkingDirectory()", () => {
  test("makes a directory that the image hasn't got", () => {
    const root = temporaryRoot();
    inRoot(root, `makeWorkingDirectory("/a/b"); makeWorkingDirectory("/a/b");`);
    expect(statSync(join(root, "a/b")).mode & 0o777).toBe(0o755);
  });

  test("tells what is in the way", () => {
    const outcome = inRoot(temporaryRoot(), `openSync("/file", "w"); makeWorkingDirectory("/file/b");`);
    expect(outcome).toEqual([{ error: "mkdir /file: not a directory" }]);
  });

  test("doesn't try for ever to make what can't be made", () => {
    const outcome = inFork(
      `import { makeWorkingDirectory } from "./process/working-directory.ts";`,
      `makeWorkingDirectory("/proc/self/nothing");`,
    );
    expect(outcome).toEqual([{ error: "mkdir /proc/self/nothing: no such file or directory" }]);
  });
});

describe("enterWorkingDirectory()", () => {
  test("enters it", () => {
    const outcome = inRoot(
      temporaryRoot(),
      `makeWorkingDirectory("/a"); enterWorkingDirectory("/a"); report(process.cwd());`,
    );
    expect(outcome).toEqual(["/a"]);
  });

  test("tells why it can't", () => {
    const outcome = inRoot(temporaryRoot(), `enterWorkingDirectory("/nothing");`);
    const error = 'chdir to cwd ("/nothing") set in config.json failed: no such file or directory';
    expect(outcome).toEqual([{ error }]);
  });

  test("refuses a directory outside of the root (CVE-2024-21626)", () => {
    const outcome = inRoot(temporaryRoot(), `enterWorkingDirectory("../bin");`); // from /usr of the host, as through a descriptor
    const error =
      "current working directory is outside of container mount namespace root -- possible container breakout detected";
    expect(outcome).toEqual([{ error }]);
  });
});

describe("tryWorkingDirectory()", () => {
  test("gives another chance to who lacks the right", () => {
    const outcome = inRoot(
      temporaryRoot(),
      `makeWorkingDirectory("/a/b");
       process.umask(0);
       report(tryWorkingDirectory("/a"));
       statSync("/a").mode;
       setUser({ uid: 1000, gid: 1000, additionalGids: [], home: "/" });
       report(tryWorkingDirectory("/a/b"));`,
    );
    expect(outcome).toEqual([true, false]); // the root is mkdtemp's, which is closed to others
  });
});
