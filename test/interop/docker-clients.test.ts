/**
 * The genuine clients at our dockerd and at a genuine one: the same commands print the same, and end with the same exit code.
 *
 *     docker 20.10 ─┬─▶ our dockerd          docker 28 ─┬─▶ our dockerd
 *                   └─▶ genuine dockerd                 └─▶ genuine dockerd
 *
 * The commands of a list are run one after the other, in containers without a network: the genuine dockerd of the tests has none.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_CLIENTS, type DockerClient, missingClient, runDocker } from "../genuine/docker-clients.ts";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { DockerSession, IDLE_WAIT } from "./docker-session.ts";

/** Words are apart by spaces; quotes hold some together. `REGISTRY` stands for the address of one. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "a container's life": [
    "run -d --name web --network none --label a=b -e X=1 busybox sleep 1000",
    "ps -a --no-trunc --size --format '{{.Image}} {{.Command}} {{.Names}} {{.Labels}} {{.Size}}'",
    "ps -q --filter label=a=b",
    "inspect --size web",
    "port web",
    "diff web",
    "logs web",
    "stats --no-stream --format '{{.Name}} {{.PIDs}}' web",
    "pause web",
    "inspect -f {{.State.Status}} web",
    "unpause web",
    "update --memory 64m --memory-swap 64m web",
    "rename web other",
    "restart -t 0 other",
    "stop -t 0 other",
    "wait other",
    "start other",
    "kill other",
    "commit -m message other made:1",
    "history --format '{{.CreatedBy}} {{.Size}} {{.Comment}}' made:1",
    "tag made:1 made:2",
    "rmi made:2",
    "rmi made:1",
    "rm other",
    "rm other",
  ],
  "a process beside it": [
    "run -d --name host --network none busybox sleep 1000",
    "exec -e A=b -w /tmp -u 1:2 host sh -c 'echo $A; pwd; id; echo err >&2; exit 9'",
    "exec host nosuch",
    "exec -d host nosuch",
    "exec host /etc",
    "exec -w /nosuch host true",
    "exec -u nosuch host true",
    "exec nosuch true",
    "rm -f host",
  ],
  "what runs and ends": [
    "run --rm --network none busybox sh -c 'echo out; echo err >&2; exit 7'",
    "run --rm --network none --entrypoint echo busybox -n x",
    "run --rm --network none --mount type=tmpfs,dst=/t busybox grep ' /t ' /proc/mounts",
    "run --rm --network none --ulimit nofile=77:88 busybox sh -c 'ulimit -n'",
    "run --rm --network none -v volume:/data busybox touch /data/x",
    "run --rm --network none --mount type=volume,src=volume,dst=/d,volume-nocopy busybox ls /d",
    "create --name created --network none busybox echo started",
    "start -a created",
    "attach created",
    "cp created:/etc/nosuch -",
    "rm created",
    "volume rm volume",
  ],
  "what can't be run": [
    "run --rm --network none busybox nosuch",
    "run --rm --network none busybox /etc",
    "run --rm --network none --mount type=bind,src=/nosuch,dst=/t busybox true",
    "run --rm --network none --memory 1 busybox true",
    "run --rm --network none --cap-add NOSUCH busybox true",
    "run --rm --network none --gpus all busybox true",
    "run --rm --network none --device nosuch busybox true",
    "run --rm --network none --security-opt nosuch busybox true",
    "run --rm --network none --restart always busybox true",
    "run --rm --network none --name 'a b' busybox true",
    "run --rm --network none --log-driver nosuch busybox true",
    "run --rm --network none --runtime nosuch busybox true",
    "run --rm --network none --ipc nosuch busybox true",
    "run --rm --network none --isolation hyperv busybox true",
    "run --rm --network none --storage-opt size=1 busybox true",
    "ps -aq",
  ],
  images: [
    "pull REGISTRY/nosuch",
    "tag busybox REGISTRY/bb:1",
    "push REGISTRY/bb:1",
    "push REGISTRY/bb:2",
    "rmi REGISTRY/bb:1",
    "pull REGISTRY/bb:1",
    "pull -q REGISTRY/bb:1",
    "pull -a REGISTRY/bb",
    "images --digests --no-trunc REGISTRY/bb",
    "image inspect busybox",
    "rmi REGISTRY/bb:1",
    "rmi nosuch",
    "save nosuch",
    "save nosuch:1",
    "save -o /dev/null busybox",
    "import nosuch.tar",
    "login -u user -p password REGISTRY",
    "logout REGISTRY",
  ],
  "volumes and networks": [
    "volume create --label x=y named",
    "volume create plain",
    "volume inspect -f '{{json .Labels}} {{json .Options}}' plain",
    "volume rm -f plain nosuch",
    "network ls --filter type=custom",
    "network ls --filter type=x",
    "network ls --filter name=^n --format {{.Name}}",
    "volume ls --format '{{.Driver}} {{.Name}}'",
    "volume inspect -f '{{.Driver}} {{.Labels}} {{.Scope}}' named",
    "volume rm named nosuch",
    "network inspect none",
    "network inspect host",
    "network rm nosuch",
  ],
  "what has happened": [
    "run --name told --network none -v kept:/data --label told=yes busybox true",
    "run --name failed --network none busybox /nosuch",
    "rm told failed",
    "volume rm kept",
    "volume prune -f",
    "network prune -f --filter until=1h",
    ...["container=told", "container=fail", "volume=kept", "label=told=yes"].map(
      (filter) => `events --until 0 --filter ${filter}`,
    ),
  ],
  "the system": [
    "info -f '{{.Driver}} {{.DriverStatus}} {{.CgroupDriver}} {{.NCPU}} {{.OSType}} {{.SecurityOptions}}'",
    "create --name forgotten --network none busybox",
    "volume create lonely",
    "system df",
    "system df -v",
    "container prune -f --filter label=nosuch",
    "builder prune -f",
    "system prune -f --volumes",
    "system df",
  ],
};

describe("genuine clients", () => {
  const reason = missing("/usr/sbin/dockerd", DOCKER_REGISTRY);
  if (reason) return void test.skip(reason);

  let place: Place;
  let registry: GenuineRegistry;
  let ours: Dockerd2019;
  let genuine: DockerSession;
  beforeAll(async () => {
    place = newPlace();
    registry = await GenuineRegistry.start(place.dir);
    ours = await Dockerd2019.start();
    genuine = await DockerSession.start();
    await ours.docker(["load"], busyboxImage("busybox:latest"));
  });
  afterAll(async () => {
    await ours.stop();
    await genuine.stop();
    await registry.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  describe.each(DOCKER_CLIENTS)("docker $version", (client) => {
    const absent = missingClient(client);
    if (absent) return void test.skip(absent);

    test.each(Object.entries(COMMANDS))(
      "says the same of %s at our dockerd as at the genuine one",
      async (_, commands) => {
        for (const command of commands) {
          const args = wordsOf(command.replace("REGISTRY", registry.domain));
          const [a, b] = await Promise.all([at(client, ours, args), at(client, genuine, args)]);
          expect({ command, ...comparable(a) }).toEqual({ command, ...comparable(b) });
        }
      },
    );
  });
});

function at(
  { path }: DockerClient,
  daemon: Dockerd2019 | DockerSession,
  args: readonly string[],
): Promise<ProgramResult> {
  return runDocker(path, args, { env: { ...shellEnvironment(), ...daemon.env } });
}

function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
}

/** Without what differs from one daemon, one container, one moment to the next. */
function comparable({ stdout, stderr, status }: ProgramResult): ProgramResult {
  return { stdout: alike(stdout), stderr: alike(stderr.replace(IDLE_WAIT, "")), status };
}

function alike(text: string): string {
  return text
    .replace(/(?<![0-9a-f])[0-9a-f]{64}/g, "ID")
    .replace(/(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])/g, "SHORT-ID")
    .replace(/\/tmp\/docker-eras-interop-\d+-\w+/g, "DIR")
    .replace(/\d{4}-\d\d-\d\d[T ][\d:.]+ ?(Z|[+-]\d\d:?\d\d)( UTC)?/g, "TIME")
    .replace(/(Up |)(Less than a second|\d+ seconds?|About a minute)( ago|)/g, "TIME")
    .replace(/"Pid": \d+/, '"Pid": N')
    .replace(/ {2,}/g, "  "); // columns are as wide as what is in them
}
