/**
 * Programs of 2019 as strace sees them: of all that it has seen, what the chain itself has done, which its trace must claim.
 *
 *     bin/runc-2019: a shell ─▶ unshare(1), mount(8) ─▶ Node: runc ──fork──▶ bootstrap ──fork──▶ init
 *     └ not ours, but the start    └ ours by order        └ ours, and all that it forks
 */
import type { StraceCall } from "./strace.ts";

type Seen = ReadonlyMap<number, StraceCall[]>;

/** A program of this project that has no part in a trace. */
const UNTRACED = /docker-proxy\/main\.ts/;

/**
 * Leaves out the shells of bin/ with their tools, and of other programs everything but their start.
 *
 * @param daemons - Processes that were there before strace was.
 */
export function callsOfChain(seen: Seen, daemons: readonly number[] = []): Map<number, StraceCall[]> {
  const whole = new Set(daemons);
  const started = new Set<number>();
  const ownCalls = (pid: number) => (whole.has(pid) ? seen.get(pid)! : fromNode(seen.get(pid) ?? []));
  const inspect = (pid: number) => {
    for (const child of childrenOf(ownCalls(pid))) {
      started.add(child);
      const [first] = seen.get(child) ?? [];
      if (first === undefined || first.call === "execve") continue;
      whole.add(child); // a fork, which goes on where its parent was
      inspect(child);
    }
  };
  for (const pid of [...daemons, ...[...seen.keys()].filter((pid) => isProgram(seen.get(pid)!))]) inspect(pid);
  const parts = [...seen].map(
    ([pid, calls]) => [pid, whole.has(pid) ? calls : partOf(calls, started.has(pid), seen)] as const,
  );
  return new Map(parts.filter(([, calls]) => calls.length > 0));
}

/** @param isStarted - By one of us, who tells of its start. */
function partOf(calls: readonly StraceCall[], isStarted: boolean, seen: Seen): StraceCall[] {
  const start = isStarted ? calls.slice(0, 1) : [];
  return isProgram(calls) ? [...start, ...sealing(beforeNode(calls), seen), ...fromNode(calls)] : start;
}

/** What unshare(1) and mount(8) did for runc, before it was Node. */
function sealing(calls: readonly StraceCall[], seen: Seen): StraceCall[] {
  const inPlace = calls.flatMap((call) => (call.call === "clone" ? (seen.get(childOf(call)) ?? []) : [call]));
  return inPlace.filter(({ call }) => call === "unshare" || call === "mount");
}

const isNode = ({ call, args }: StraceCall) => call === "execve" && /^"[^"]*\/node"/.test(args) && !UNTRACED.test(args);
const isProgram = (calls: readonly StraceCall[]) => calls.some(isNode);
const childOf = ({ result }: StraceCall) => Number.parseInt(result, 10);
const childrenOf = (calls: readonly StraceCall[]) => calls.filter(({ call }) => call === "clone").map(childOf);
const beforeNode = (calls: readonly StraceCall[]) => calls.slice(0, calls.findIndex(isNode));
const fromNode = (calls: readonly StraceCall[]) => (isProgram(calls) ? calls.slice(calls.findIndex(isNode)) : []);
