/** Ports of a container, for people: `80/tcp, 0.0.0.0:8080->80/tcp, 0.0.0.0:9000-9002->9000-9002/tcp`. */
import type { PublishedPort } from "../../engine-api/container.ts";

interface Run {
  /** `tcp`, `0.0.0.0/tcp` */
  readonly key: string;
  readonly first: number;
  last: number;
}

/** Ports in a row are one, if they are only exposed, or published under their own numbers. */
export function displayPorts(ports: readonly PublishedPort[]): string {
  const sorted = [...ports].sort(inOrder);
  const isElsewhere = ({ IP, PrivatePort, PublicPort }: PublishedPort): boolean =>
    Boolean(IP) && PublicPort !== PrivatePort;
  const elsewhere = sorted.filter(isElsewhere);
  const runs = runsOf(sorted.filter((port) => !isElsewhere(port)));
  return [
    ...runs.map(formatRun),
    ...elsewhere.map(({ IP, PublicPort, PrivatePort, Type }) => `${IP}:${PublicPort}->${PrivatePort}/${Type}`),
  ].join(", ");
}

function inOrder(a: PublishedPort, b: PublishedPort): number {
  if (a.PrivatePort !== b.PrivatePort) return a.PrivatePort - b.PrivatePort;
  if (a.IP !== b.IP) return (a.IP ?? "") < (b.IP ?? "") ? -1 : 1;
  if (a.PublicPort !== b.PublicPort) return (a.PublicPort ?? 0) - (b.PublicPort ?? 0);
  return a.Type < b.Type ? -1 : 1;
}

/** Those that are over come first, then the ones that were still open at the end. */
function runsOf(ports: readonly PublishedPort[]): Run[] {
  const over: Run[] = [];
  const open = new Map<string, Run>();
  for (const { IP, PrivatePort, Type } of ports) {
    const key = IP ? `${IP}/${Type}` : Type;
    const run = open.get(key);
    if (run?.last === PrivatePort - 1) run.last = PrivatePort;
    else {
      if (run) over.push(run);
      open.set(key, { key, first: PrivatePort, last: PrivatePort });
    }
  }
  return [...over, ...open.values()];
}

function formatRun({ key, first, last }: Run): string {
  const ports = first === last ? String(first) : `${first}-${last}`;
  const [address, type] = key.split("/", 2);
  return type === undefined ? `${ports}/${address}` : `${address}:${ports}->${ports}/${type}`;
}
