/** dockerd on a socket that it did not open, as under systemd. */
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { DOCKERD, Dockerd2019 } from "../harness/dockerd-2019.ts";
import { newPlace, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";

const ACTIVATE = resolve(import.meta.dirname, "../harness/socket-activation.ts");
const OURS = resolve(import.meta.dirname, "../../bin/docker-2019");

describe("dockerd -H fd://", () => {
  test("serves at the socket that was handed to it, and hands it to nobody", async () => {
    const dockerd = await Dockerd2019.start(["-H", "fd://"], (dir) => [
      process.execPath,
      ACTIVATE,
      join(dir, "activated.sock"),
    ]);
    const { env } = {
      env: { PATH: process.env.PATH, DOCKER_HOST: `unix://${join(dockerd.place.dir, "activated.sock")}` },
    };
    expect(await runProgram(OURS, ["load", "-q"], { env, input: busyboxImage("busybox:latest") })).toMatchObject({
      status: 0,
    });
    const told = await runProgram(
      OURS,
      ["run", "--rm", "busybox", "sh", "-c", "echo via $0; env | grep -c LISTEN", "fd"],
      { env },
    );
    expect(told).toMatchObject({ stdout: "via fd\n0\n" });
    await dockerd.stop();
  });

  test("is refused when nobody has handed over a socket", async () => {
    const place = newPlace();
    const flags = ["--data-root", join(place.dir, "data"), "--exec-root", join(place.dir, "exec")];
    const { status, stderr } = await runProgram(DOCKERD, [
      ...flags,
      "--pidfile",
      join(place.dir, "pid"),
      "-H",
      "fd://",
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain("no sockets found via socket activation");
    expect(await removePlace(place)).toEqual([]);
  });
});
