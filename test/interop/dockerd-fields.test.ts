/** The answers of our dockerd have the fields that the genuine one's have, of the same types, at the oldest version of the API and at the newest. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_20, runDocker } from "../genuine/docker-clients.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { engineRequest } from "../harness/engine-request.ts";
import { shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { shapeOf } from "../harness/shape.ts";
import { DockerSession } from "./docker-session.ts";

/** What both daemons have: a container that runs, one that never has, a volume, an image of our own. */
const SET_UP = [
  [
    "run",
    "-d",
    "--name",
    "web",
    "--network",
    "none",
    "-v",
    "kept:/data",
    "-l",
    "x=y",
    "--health-cmd",
    "true",
    "busybox",
    "sleep",
    "1000",
  ],
  ["create", "--name", "idle", "-p", "80:80", "busybox"],
  ["commit", "web", "made"],
];

const PATHS = [
  "/version",
  "/info",
  "/containers/json?all=1&size=1",
  "/containers/web/json",
  "/containers/web/json?size=1",
  "/containers/idle/json",
  "/containers/web/top",
  "/containers/web/changes",
  "/containers/nosuch/json",
  "/images/json",
  "/images/json?digests=1",
  "/images/busybox/json",
  "/images/made/json",
  "/images/made/history",
  "/volumes",
  "/volumes/kept",
  "/networks/none",
  "/networks/host",
  "/system/df",
  "/exec/nosuch/json",
];

const UNIX = "unix://";

describe.skipIf(missing("/usr/sbin/dockerd", DOCKER_20.path))("our dockerd and the genuine one", () => {
  let ours: Dockerd2019;
  let genuine: DockerSession;
  beforeAll(async () => {
    ours = await Dockerd2019.start();
    genuine = await DockerSession.start();
    await ours.docker(["load"], busyboxImage("busybox:latest"));
    for (const { env } of [ours, genuine])
      for (const words of SET_UP) {
        const result = await runDocker(DOCKER_20.path, words, { env: { ...shellEnvironment(), ...env } });
        expect(result).toMatchObject({ status: 0 });
      }
  });
  afterAll(async () => {
    await ours.stop();
    await genuine.stop();
  });

  describe.each(["1.24", "1.40"])("of version %s", (version) => {
    test.each(PATHS)("answer GET %s with the same fields", async (path) => {
      const ask = async ({ env }: Dockerd2019 | DockerSession) => {
        const { status, body } = await engineRequest(env.DOCKER_HOST!.slice(UNIX.length), "GET", `/v${version}${path}`);
        return { status, shape: comparable(shapeOf(body)) };
      };
      expect(await ask(ours)).toEqual(await ask(genuine));
    });
  });
});

/** Ids are no fields. Nor is what only 20.10 tells, nor what one of the daemons was given: its runtimes. */
function comparable(shape: unknown): unknown {
  if (typeof shape !== "object" || shape === null) return shape;
  if (Array.isArray(shape)) return shape.map(comparable);
  const { OSVersion: _, Runtimes: __, ...rest } = shape as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest).map(([name, member]) => [name.replace(/^[0-9a-f]{64}$/, "ID"), comparable(member)]),
  );
}
