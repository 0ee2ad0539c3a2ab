/** `docker COMMAND --help` of our docker beside the genuine one: each command, each flag with its short name, its type and its default. */
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missingForDocker } from "./docker-cli-session.ts";

const GENUINE = "/usr/bin/docker";
const OURS = resolve(import.meta.dirname, "../../bin/docker-2019");
/** Help asks no daemon; and a user's own configuration may bring plugins. */
const ENV = { ...shellEnvironment(), DOCKER_HOST: "unix:///nowhere/docker.sock", DOCKER_CONFIG: "/nowhere" };
const GROUPS = ["container", "image", "network", "system", "volume"];
const AT_ONCE = 4;

/** The flag that ours has on top. */
const OUR_TRACE = /^ {6}--trace .*\n(?: {20,}.*\n)*/m;

/** Flags of the genuine one that ours hasn't, each with what it says to who gives it. */
const REFUSED: readonly { readonly command: string; readonly flag: string; readonly why: string }[] = [
  ...["run", "create", "container run", "container create"].map((command) => ({
    command,
    flag: "--cgroupns=host",
    why: "it needs version 1.41 of the API; this docker speaks 1.40",
  })),
  ...["--cpu-count=1", "--cpu-percent=1", "--io-maxbandwidth=1m", "--io-maxiops=1"].map((flag) => ({
    command: "run",
    flag,
    why: "it is only for Windows, and this is Linux",
  })),
  { command: "version", flag: "--kubeconfig=x", why: "there is no Kubernetes to ask" },
  { command: "", flag: "--context=x", why: "there is one daemon at a time: name it with -H, or in DOCKER_HOST" },
];

const missing = missingForDocker();

describe.skipIf(missing)(`docker --help${missing ? ` (${missing})` : ""}`, () => {
  /** All commands of the genuine one that could have flags: `ps`, `container ls`. */
  let commands: string[];
  let absent: string[];
  beforeAll(async () => {
    const all = [
      ...listed(await help(GENUINE)),
      ...(await Promise.all(GROUPS.map(async (group) => inGroup(group, await help(GENUINE, group))))).flat(),
    ].filter((command) => !GROUPS.includes(command));
    const ours = [
      ...listed(await help(OURS)),
      ...(await Promise.all(GROUPS.map(async (group) => inGroup(group, await help(OURS, group))))).flat(),
    ];
    commands = all.filter((command) => ours.includes(command));
    absent = all.filter((command) => !ours.includes(command));
  });

  test("is the same of every command", { timeout: 60_000 }, async () => {
    expect(commands.length).toBeGreaterThan(90);
    const same = await inTurns(commands, async (command) => {
      const [ours, genuine] = await Promise.all([help(OURS, command), help(GENUINE, command)]);
      if (hasRefused(command)) expect(inOneColumn(ours), command).toBe(inOneColumn(withoutRefused(genuine, command)));
      else expect(ours, command).toBe(genuine);
    });
    expect(same).toHaveLength(commands.length);
  });

  test("of a group, and of docker, lists what is here as the genuine one does", async () => {
    for (const group of [...GROUPS, ""]) {
      const genuine = (await help(GENUINE, group)).split("\n").map((line) => line.trim());
      const ours = (await help(OURS, group)).replace(OUR_TRACE, "");
      const words = ours.split("\n").map((line) => line.trim());
      expect(words.filter((line) => !genuine.includes(line))).toEqual([]);
    }
  });

  test("of a command that isn't here says so, and what there is instead", async () => {
    expect(absent).toEqual(expect.arrayContaining(["build", "image build", "swarm", "context"]));
    await inTurns(absent, async (command) => {
      const result = await runProgram(OURS, command.split(" "), { env: ENV });
      expect(result, command).toEqual({
        stdout: "",
        stderr: expect.stringMatching(new RegExp(`^docker: '${command}' is not here: \\w+`)),
        status: 1,
      });
    });
  });

  test.each(REFUSED)("docker $command $flag is refused, and why", async ({ command, flag, why }) => {
    const words = [...command.split(" ").filter(Boolean), flag];
    const { stderr, status } = await runProgram(OURS, [...words, "busybox"], { env: ENV });
    expect(stderr).toContain(why);
    expect(status).toBe(125);
  });

  test("of a group without a command goes to stderr", async () => {
    const [ours, genuine] = await Promise.all(
      [OURS, GENUINE].map((docker) => runProgram(docker, ["volume"], { env: ENV })),
    );
    expect(ours).toEqual(genuine);
  });
});

async function help(docker: string, command = ""): Promise<string> {
  const { stdout } = await runProgram(docker, [...command.split(" ").filter(Boolean), "--help"], { env: ENV });
  return stdout;
}

/** The names below `Commands:`, and those of groups; a plugin's has a star. */
function listed(text: string): string[] {
  const lists = text.split(/^(?:Management )?Commands:\n/m).slice(1);
  return lists.flatMap((list) =>
    list
      .split("\n\n", 1)[0]!
      .split("\n")
      .map((line) => line.trim().split(/[ *]/, 1)[0]!),
  );
}

const inGroup = (group: string, text: string) => listed(text).map((name) => `${group} ${name}`);

const hasRefused = (command: string) => REFUSED.some((one) => one.command === command);

/** Columns are as wide as the longest flag, which may be a refused one. */
const inOneColumn = (text: string) => text.replace(/ {2,}/g, "  ");

/** Without the lines of flags that ours refuses. */
function withoutRefused(text: string, command: string): string {
  const flags = REFUSED.filter((one) => one.command === command).map(({ flag }) => flag.split("=", 1)[0]!);
  return flags.reduce((rest, flag) => rest.replace(new RegExp(`^ {6}${flag} .*\n(?: {20,}.*\n)*`, "m"), ""), text);
}

/** A few at once. */
async function inTurns(commands: readonly string[], check: (command: string) => Promise<void>): Promise<string[]> {
  const rest = [...commands];
  const done: string[] = [];
  const work = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      await check(next);
      done.push(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}
