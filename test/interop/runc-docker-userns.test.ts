/** A genuine dockerd with --userns-remap: root inside is an ordinary user outside. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, RUNTIME } from "../harness/runtime-under-test.ts";
import { type Case, cgroup, STATUS, sh } from "./docker-cases.ts";
import { DockerSession } from "./docker-session.ts";

describe(`docker with user namespaces, with ${RUNTIME.name},`, () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let session: DockerSession;
  beforeAll(async () => {
    session = await DockerSession.start({ subordinateIds: "daemon:100000:65536\n" });
  });
  afterAll(() => session.stop());

  // runc makes the namespace of message queues before it has become the container's group, and mounts the host's files in their turn.
  const cases: Case[] = [
    [[], ["cat", "/proc/self/uid_map", "/proc/self/gid_map"], /0 +100000 +65536\n +0 +100000 +65536/],
    [[], STATUS, /CapEff:\t00000000a80425fb/],
    [["--user", "33:44"], STATUS, /Uid:\t33/],
    [[], sh("ls -ln / /dev | awk '!/mqueue/ { print $1, $3, $4, $5, $6 }'"), /crw-rw-rw- 65534 65534 1, 3/],
    [[], sh("cut -d' ' -f4- /proc/self/mountinfo | sed 's/overlay.*/overlay/' | sort"), /\/dev\/null/],
    [["-t"], sh("tty; stty size; ls -ln /dev/console | awk '{ print $1, $3, $4 }'"), /pts/],
    [["-v", "vol:/data"], sh("touch /data/x; ls -ln /data | awk '{ print $3, $4 }'"), /0 0/],
    [["-m", "64m"], cgroup("memory/memory.limit_in_bytes"), /^67108864\n/],
    [["--sysctl", "kernel.msgmax=1000"], ["cat", "/proc/sys/kernel/msgmax"], /^1000/],
    [["--userns", "host"], ["cat", "/proc/self/uid_map"], /4294967295/],
    [[], ["nosuch"], /executable file not found in \$PATH/],
  ];
  for (const [flags, command, genuinely] of cases) {
    test([...flags, ...command].join(" "), async () => {
      const [ours, genuine] = await Promise.all([
        session.shown("tested", flags, command),
        session.shown("runc", flags, command),
      ]);
      expect(genuine).toMatch(genuinely);
      expect(ours).toBe(genuine);
    });
  }

  test("exec is in the same namespace", async () => {
    const id = session.docker.docker(["run", "-d", "--runtime", "tested", "busybox", "sleep", "1000"]);
    const script = "cat /proc/self/uid_map; grep CapEff /proc/self/status; id";
    expect(session.docker.docker(["exec", id, ...sh(script)])).toMatch(
      /100000[\s\S]*00000000a80425fb[\s\S]*uid=0 gid=0/,
    );
    session.docker.docker(["rm", "-f", id]);
  });
});
