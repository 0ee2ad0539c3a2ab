import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";

const IMPORTS = `
  import { mkdirSync, readFileSync, readSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
  import { dup2 } from "@eras/linux/descriptors.ts";
  import { recvFds, socketpair } from "@eras/linux/fd-passing.ts";
  import { MS_PRIVATE, MS_REC, mount } from "@eras/linux/mount.ts";
  import { CLONE_NEWNS, unshare } from "@eras/linux/namespaces.ts";
  import { getWindowSize, isControllingTerminal, setsid } from "@eras/linux/tty.ts";
  import { setUpConsole } from "./terminal/console.ts";
  const [ours, theirs] = socketpair();
  const text = Buffer.alloc(200);`;

/** As in a container: /dev is a tmpfs, with a devpts of its own. `answer` reaches us after the standard output is a terminal. */
const CONTAINER = `
  dup2(1, 10);
  const answer = (value) => writeSync(10, JSON.stringify(value) + "\\n");
  unshare(CLONE_NEWNS);
  mount("none", "/", "", MS_REC | MS_PRIVATE);
  mount("tmpfs", "/dev", "tmpfs", 0);
  mkdirSync("/dev/pts");
  mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666");
  symlinkSync("pts/ptmx", "/dev/ptmx");
  setsid();`;

describe("setUpConsole()", () => {
  test("makes the terminal ours, and sends its master in one message", () => {
    const outcome = inFork(
      IMPORTS,
      `${CONTAINER}
       setUpConsole({ socketFd: theirs, size: { height: 30, width: 90 }, mount: false });
       const { data, fds } = recvFds(ours, 2);
       answer([data.toString(), fds.length]);
       answer(getWindowSize(fds[0]));
       answer(isControllingTerminal(0));
       for (const fd of [1, 2]) {
         writeSync(fd, "text");
         answer(text.toString("utf8", 0, readSync(fds[0], text)));
       }
       writeSync(fds[0], "line\\n");
       answer(text.toString("utf8", 0, readSync(0, text)));`,
    );
    expect(outcome).toEqual([["/dev/ptmx", 1], { rows: 30, columns: 90 }, true, "text", "text", "line\n"]);
  });

  test("shows it as /dev/console too", () => {
    const outcome = inFork(
      IMPORTS,
      `${CONTAINER}
       setUpConsole({ socketFd: theirs, mount: true });
       const { fds } = recvFds(ours, 1);
       writeFileSync("/dev/console", "text");
       answer(text.toString("utf8", 0, readSync(fds[0], text)));
       answer(readFileSync("/proc/self/mounts", "utf8").match(/^devpts \\/dev\\/console devpts/m)?.length);`,
    );
    expect(outcome).toEqual(["text", 1]);
  });

  test("follows no symbolic link that the image has in its place", () => {
    const outcome = inFork(
      IMPORTS,
      `${CONTAINER}
       writeFileSync("/dev/victim", "mine");
       symlinkSync("victim", "/dev/console");
       setUpConsole({ socketFd: theirs, mount: true });
       answer(readFileSync("/dev/victim", "utf8"));
       answer(readFileSync("/proc/self/mounts", "utf8").match(/^devpts \\/dev\\/\\w+/gm).slice(-1));`,
    );
    expect(outcome).toEqual(["mine", ["devpts /dev/console"]]);
  });

  test("takes nothing but a multiplexer for /dev/ptmx", () => {
    const outcome = inFork(
      IMPORTS,
      `${CONTAINER}
       rmSync("/dev/ptmx");
       writeFileSync("/dev/ptmx", "");
       try { setUpConsole({ socketFd: theirs, mount: false }); } catch (error) { answer(error.code); }`,
    );
    expect(outcome).toEqual(["ENOTTY"]);
  });
});
