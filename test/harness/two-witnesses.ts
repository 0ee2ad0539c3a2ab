/** A run as two witnesses tell it: its own trace, and strace. Both must name the same calls, process by process, in the same order. */
import { callText } from "@eras/linux/call-text.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import { expect } from "vitest";
import { type StraceCall, WATCHED } from "./strace.ts";

/** What each process did, in words that both witnesses share. */
type Testimony = Map<number, string[]>;

/** Compares both. @returns What strace saw. */
export function expectSame(events: readonly TraceEvent[], seen: ReadonlyMap<number, StraceCall[]>): Testimony {
  const claims = claimsOf(events);
  const witnessed = new Map([...seen].map(([pid, calls]) => [pid, ofOurs(calls).map(observed)]));
  expect(Object.fromEntries(claims)).toEqual(Object.fromEntries(witnessed));
  return witnessed;
}

function claimsOf(events: readonly TraceEvent[]): Testimony {
  const claims: Testimony = new Map();
  for (const event of events.filter(({ kind, name }) => kind === "kernel" && WATCHED.includes(name))) {
    claims.set(event.pid, [...(claims.get(event.pid) ?? []), claimed(event)]);
  }
  return claims;
}

/** Without what the user's program does on its own account: the chain's part ends with the execve that makes it. */
function ofOurs(calls: StraceCall[]): StraceCall[] {
  const end = calls.findIndex(({ call, args }) => call === "execve" && args.startsWith('"/bin/'));
  return calls.slice(0, end + 1 || undefined);
}

/** A call with its arguments, some of which a witness may know as strings and others in the kernel's words only. */
interface Told {
  readonly name: string;
  /** The arguments that are strings or NULL, in order. */
  readonly strings: readonly string[];
  /** All arguments, in the kernel's words. */
  readonly words: readonly string[];
  readonly result: number;
}

function claimed({ name, args }: TraceEvent): string {
  const { args: values, result } = args as { args: readonly unknown[]; result: number };
  const text = callText({ call: name, args: values, result }, Infinity);
  const isText = (value: unknown) => typeof value === "string" || value === null;
  return inShort({
    name,
    strings: values.filter(isText).map((value) => value ?? "NULL") as string[],
    words: text.slice(name.length + 1, text.lastIndexOf(")")).split(", "),
    result,
  });
}

function observed({ call, args, result }: StraceCall): string {
  const strings = [...args.matchAll(/"((?:[^"\\]|\\.)*)"|\bNULL\b/g)].map(([whole, string]) => string ?? whole);
  return inShort({ name: call, strings, words: args.split(", "), result: Number.parseInt(result, 10) });
}

/** The call's name, and what it names by path or number. */
function inShort({ name, strings, words, result }: Told): string {
  switch (name) {
    case "clone":
      return `clone = ${result}`;
    case "mount":
      return `mount ${strings[1]} ${strings[2]}`;
    case "unshare":
      return `unshare ${words[0]!.split("|").sort().join("|")}`;
    case "setns":
      return `setns ${words[1]}`;
    case "kill":
      return `kill ${words[0]} ${words[1]}`;
    case "move_mount":
      return `move_mount ${words[0]} ${words[2]}`;
    case "prctl":
    case "fsmount":
    case "mount_setattr":
      return `${name} ${words[0]}`;
    default: // execve, umount2, pivot_root, fsopen, fsconfig, open_tree
      return `${name} ${strings[0] ?? ""}`.trimEnd();
  }
}
