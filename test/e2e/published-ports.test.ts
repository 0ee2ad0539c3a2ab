/** Ports through the whole chain: which addresses are open, by default and when they are asked for; and by the proxy alone, where there is no iptables. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { childrenOf } from "@eras/linux/proc.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { listeningAddresses } from "../harness/listening.ts";
import { processesThatName } from "../harness/on-machine.ts";

const START_MS = 60_000;
const CASE_MS = 60_000;
const MIB = 1 << 20;
/** Where Debian has no iptables. */
const WITHOUT_IPTABLES = "/usr/bin:/bin";
/** Tells how much a client has sent, once it has ended that; and sends a datagram back in capitals. */
const SERVER = `use IO::Socket::INET;
if (!fork) {
  my $udp = IO::Socket::INET->new(Proto => "udp", LocalPort => 53) or die;
  while ($udp->recv(my $text, 9000)) { $udp->send(uc $text) }
}
my $tcp = IO::Socket::INET->new(LocalPort => 80, Listen => 9) or die;
while (my $client = $tcp->accept) {
  my ($bytes, $piece) = (0);
  while (my $length = sysread $client, $piece, 65536) { $bytes += $length }
  print $client "got $bytes"; close $client;
}`;
const HOST_PROGRAMS = ["/usr", "/lib", "/lib64"].flatMap((path) => ["-v", `${path}:${path}:ro`]);

describe("published ports", { timeout: CASE_MS }, () => {
  let dockerd: Dockerd2019;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start([], () => ["env", `PATH=${WITHOUT_IPTABLES}`]);
    await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
  }, START_MS);
  afterAll(() => dockerd.stop(), START_MS);

  async function serve(...ports: string[]): Promise<(port: string) => Promise<number>> {
    const words = ["run", "-d", "--name", "server", ...ports.flatMap((port) => ["-p", port]), ...HOST_PROGRAMS];
    const { stderr, status } = await dockerd.docker([...words, "busybox", "/usr/bin/perl", "-e", SERVER]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    return async (port) => Number((await dockerd.docker(["port", "server", port])).stdout.trim().split(":").at(-1));
  }

  /** Of dockerd and all that it has started. */
  function open(): string[] {
    const chain = [dockerd.pid, ...processesThatName(dockerd.place.dir).map(({ pid }) => pid)];
    return listeningAddresses([...chain, ...childrenOf(dockerd.pid)]);
  }

  test("are none by default", async () => {
    await dockerd.docker(["run", "-d", "--name", "server", "busybox", "sleep", "1000"]);
    expect(open()).toEqual([]);
    await dockerd.docker(["rm", "-f", "server"]);
  });

  test("are those that were asked for, at the addresses that were", async () => {
    const hostPort = await serve("127.0.0.1::80", "53/udp", "0.0.0.0::90");
    const [http, dns, other] = await Promise.all(["80", "53/udp", "90"].map(hostPort));
    const everywhere = [`udp 0.0.0.0:${dns}`, `udp6 [::]:${dns}`]; // no address was named
    expect(open()).toEqual([`tcp 0.0.0.0:${other}`, `tcp 127.0.0.1:${http}`, ...everywhere]);
    await dockerd.docker(["rm", "-f", "server"]);
    expect(open()).toEqual([]);
  });

  test("work by the proxy alone: a client that has sent all still hears the answer, and so does one of datagrams", async () => {
    expect(dockerd.log).toContain("there is no iptables");
    const hostPort = await serve("127.0.0.1::80", "127.0.0.1::53/udp");
    const [http, dns] = await Promise.all([hostPort("80"), hostPort("53/udp")]);
    await vi.waitFor(async () => expect(await sent(http!, 3)).toBe("got 3"), CASE_MS);
    expect(await sent(http!, 5 * MIB)).toBe(`got ${5 * MIB}`);
    expect(await Promise.all(Array.from({ length: 20 }, (_, i) => sent(http!, i)))).toEqual(
      Array.from({ length: 20 }, (_, i) => `got ${i}`),
    );
    expect(await echoed(dns!, "datagram")).toBe("DATAGRAM");
    await dockerd.docker(["rm", "-f", "server"]);
  });
});

/** Sends so much, ends that half, and reads to the end. */
async function sent(port: number, bytes: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.end(Buffer.alloc(bytes));
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer;
}

/** A datagram may be lost: it is sent until one comes back. */
async function echoed(port: number, text: string): Promise<string> {
  const socket = createSocket("udp4");
  const send = () => socket.send(text, port, "127.0.0.1");
  const again = setInterval(send, 200);
  send();
  const [answer] = (await once(socket, "message")) as [Buffer];
  clearInterval(again);
  socket.close();
  return answer.toString();
}
