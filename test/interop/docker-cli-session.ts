/** Our docker and the genuine one, at a genuine dockerd: both make the same requests and print the same. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { DOCKER_20, missingClient, runDocker } from "../genuine/docker-clients.ts";
import { ApiLog, type LoggedRequest } from "../harness/api-log.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import { DockerSession, IDLE_WAIT } from "./docker-session.ts";

const OURS = resolve(import.meta.dirname, "../../bin/docker-2019");
/** Newer ones say many things in other words. */
const GENUINE = DOCKER_20.path;

/** Says what is not there, for the name of a skipped test; undefined if all is. */
export function missingForDocker(...paths: readonly string[]): string | undefined {
  const absent = ["/usr/sbin/dockerd", ...paths].filter((path) => !existsSync(path));
  return absent.length > 0 ? `needs ${absent.join(", ")}` : missingClient(DOCKER_20);
}

export class DockerCliSession {
  readonly daemon: DockerSession;
  readonly log: ApiLog;

  private constructor(daemon: DockerSession, log: ApiLog) {
    this.daemon = daemon;
    this.log = log;
  }

  /** Starts a dockerd that has busybox. */
  static async start(): Promise<DockerCliSession> {
    const daemon = await DockerSession.start();
    const { dir } = daemon.place;
    return new DockerCliSession(daemon, await ApiLog.start(join(dir, "log.sock"), join(dir, "docker.sock")));
  }

  async stop(): Promise<void> {
    this.log.stop();
    await this.daemon.stop();
  }

  /** What a docker needs to find the daemon, through the log. */
  get env(): NodeJS.ProcessEnv {
    const { dir } = this.daemon.place;
    return { ...shellEnvironment(), DOCKER_HOST: `unix://${dir}/log.sock`, DOCKER_CONFIG: join(dir, "config") };
  }

  get program(): string {
    return OURS;
  }

  readonly ours = (args: readonly string[], input?: string | Buffer): Promise<ProgramResult> =>
    runProgram(OURS, args, { input, env: this.env });

  readonly genuine = (args: readonly string[], input?: string | Buffer): Promise<ProgramResult> =>
    runDocker(GENUINE, args, { input, env: this.env });

  /** Expects that both print the same, and end with the same exit code. */
  readonly same = async (...args: string[]): Promise<ProgramResult> => {
    const [a, b] = [await this.ours(args), await this.genuine(args)];
    expect(comparable(a)).toEqual(comparable(b));
    return a;
  };

  /** What each has sent, by the same command line. */
  readonly sent = async (...args: string[]): Promise<{ ours: LoggedRequest[]; genuine: LoggedRequest[] }> => {
    this.log.takeRequests();
    await this.ours(args);
    const ours = this.log.takeRequests();
    await this.genuine(args);
    return { ours, genuine: this.log.takeRequests() };
  };
}

/** Without what differs from one container, or one moment, to the next. */
function comparable({ stdout, stderr, status }: ProgramResult): ProgramResult {
  return { stdout: timeless(stdout), stderr: timeless(stderr), status };
}

function timeless(text: string): string {
  return text
    .replace(/(?<![0-9a-f])[0-9a-f]{64}/g, "ID")
    .replace(/(Up |)(Less than a second|\d+ seconds?|About a minute)( ago|)\s*/g, "TIME ")
    .replace(IDLE_WAIT, "")
    .replace(/(?<=^ Runtimes: ).*$/m, (names) => names.split(" ").toSorted().join(" ")) // in the order of a map of Go
    .replace(/(?<=\b(CREATED|STATUS)) +/g, " ") // as wide as the words below them
    .replace(/\d\d:\d\d:\d\d/g, "TIME");
}
