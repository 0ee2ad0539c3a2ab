import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, readFileSync, readSync, writeSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import {
  getTermios,
  getWindowSize,
  isatty,
  isCanonical,
  makeRaw,
  openpty,
  type Pty,
  setTermios,
  setWindowSize,
} from "./tty.ts";

const open: Pty[] = [];
function pty(): Pty {
  const pair = openpty();
  open.push(pair);
  return pair;
}
afterEach(() => {
  for (const { master, slave } of open.splice(0)) {
    closeSync(master);
    closeSync(slave);
  }
});

function readFrom(fd: number): string {
  const buffer = Buffer.alloc(100);
  return buffer.toString("utf8", 0, readSync(fd, buffer));
}

describe("openpty()", () => {
  test("connects its two ends", () => {
    const { master, slave } = pty();
    writeSync(slave, "out\n");
    expect(readFrom(master)).toBe("out\r\n");
    writeSync(master, "in\n");
    expect(readFrom(slave)).toBe("in\n");
    expect(readFrom(master)).toBe("in\r\n"); // the echo
  });

  test("names the slave", () => {
    const { slave, path } = pty();
    expect(path).toMatch(/^\/dev\/pts\/\d+$/);
    expect(spawnSync("tty", { stdio: [slave, "pipe", "pipe"], encoding: "utf8" }).stdout).toBe(`${path}\n`);
  });

  test("marks both ends close-on-exec", () => {
    const { master, slave } = pty();
    const flags = (fd: number) =>
      Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))![1]!, 8);
    expect(flags(master) & 0o2000000).not.toBe(0);
    expect(flags(slave) & 0o2000000).not.toBe(0);
  });

  test("fails on what is no multiplexer", () => {
    expect(() => openpty("/dev/null")).toThrow("ioctl: ENOTTY");
  });
});

describe("setWindowSize()", () => {
  test("is seen through the other end", () => {
    const { master, slave } = pty();
    setWindowSize(master, { rows: 42, columns: 131 });
    expect(getWindowSize(slave)).toEqual({ rows: 42, columns: 131 });
    expect(spawnSync("stty", ["size"], { stdio: [slave, "pipe", "pipe"], encoding: "utf8" }).stdout).toBe("42 131\n");
  });
});

describe("makeRaw()", () => {
  test("stops echo, line editing and newline translation", () => {
    const { master, slave } = pty();
    setTermios(slave, makeRaw(getTermios(slave)));
    writeSync(master, "x\x03\r");
    expect(readFrom(slave)).toBe("x\x03\r");
    writeSync(slave, "a\nb");
    expect(readFrom(master)).toBe("a\nb");
  });

  test("sets what `stty raw -echo` and cfmakeraw(3) set", () => {
    const { slave } = pty();
    setTermios(slave, makeRaw(getTermios(slave)));
    const shown = spawnSync("stty", ["-a"], { stdio: [slave, "pipe", "pipe"], encoding: "utf8" }).stdout;
    for (const off of ["-icanon", "-echo", "-isig", "-iexten", "-ixon", "-icrnl", "-opost", "-parenb"]) {
      expect(shown.split(/[\s;]+/)).toContain(off);
    }
    expect(shown).toContain("cs8");
    expect(shown).toContain("min = 1; time = 0");
  });

  test("can be undone exactly", () => {
    const { slave } = pty();
    const cooked = getTermios(slave);
    setTermios(slave, makeRaw(cooked));
    setTermios(slave, cooked);
    expect(getTermios(slave)).toEqual(cooked);
  });
});

describe("isCanonical()", () => {
  test("is true of a new terminal, false of a raw one", () => {
    const termios = getTermios(pty().slave);
    expect(isCanonical(termios)).toBe(true);
    expect(isCanonical(makeRaw(termios))).toBe(false);
  });
});

describe("isatty()", () => {
  test("is true for a terminal alone", () => {
    expect(isatty(pty().slave)).toBe(true);
    expect(isatty(9999)).toBe(false);
    expect(fstatSync(0) && isatty(0)).toBe(spawnSync("test", ["-t", "0"], { stdio: "inherit" }).status === 0);
  });

  test("getTermios() fails elsewhere", () => {
    expect(() => getTermios(9999)).toThrow("tcgetattr: EBADF");
  });
});

describe("setControllingTerminal()", () => {
  test("gives a new session its /dev/tty", () => {
    const { slave, path } = pty();
    const program = `
      import { openSync, readFileSync, writeSync } from "node:fs";
      import { setControllingTerminal, setsid } from "${import.meta.dirname}/tty.ts";
      const session = setsid();
      setControllingTerminal(0);
      const stat = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
      writeSync(openSync("/dev/tty", "w"), "from /dev/tty");
      console.log(JSON.stringify({ leads: session === process.pid, sid: Number(stat[3]) === process.pid, tty: Number(stat[4]) }));
    `;
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      stdio: [slave, "pipe", "pipe"],
      encoding: "utf8",
    });
    expect(child.stderr).toBe("");
    expect(JSON.parse(child.stdout)).toEqual({ leads: true, sid: true, tty: fstatRdev(slave) });
    expect(readFrom(open[0]!.master)).toBe("from /dev/tty");
    expect(path).toMatch(/pts/);
  });
});

/** The device number as /proc/PID/stat writes it (tty_nr): minor's low byte, major, minor's rest; equal to makedev for small minors. */
function fstatRdev(fd: number): number {
  return Number(fstatSync(fd).rdev);
}
