/** A kernel call as strace(1) writes it, with the kernel's names in place of numbers: `unshare(CLONE_NEWNS|CLONE_NEWPID) = 0`. */
import * as capabilities from "./capabilities.ts";
import { errnoName } from "./errno.ts";
import * as mount from "./mount.ts";
import * as mountFd from "./mount-fd.ts";
import * as namespaces from "./namespaces.ts";
import * as open from "./open.ts";
import * as prctl from "./prctl.ts";
import { signalName } from "./signals.ts";

/** A call with its arguments and what came of it. */
interface Call {
  readonly call: string;
  readonly args: readonly unknown[];
  readonly result: number;
  readonly errno?: number;
}

type Words = (value: unknown) => string;

const SIGNAL_MASK = 0xff;

/** What each argument's numbers mean; a call or an argument that is not here stays as it is. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<number, Words>>>> = {
  unshare: { 0: flags(namespaces, "CLONE_") },
  setns: { 1: flags(namespaces, "CLONE_") },
  mount: { 3: flags(mount, "MS_") },
  umount2: { 1: flags(mount, "MNT_") },
  kill: { 1: (signal) => signalName(Number(signal)) },
  clone: { 0: (value) => signalName(Number(value) & SIGNAL_MASK) },
  open_tree: { 0: directory, 2: flags({ ...mountFd, ...open }, "OPEN_TREE_", "AT_") },
  mount_setattr: {
    0: directory,
    2: flags({ ...mountFd, ...open }, "AT_"),
    3: () => "{…}",
    4: () => "sizeof(struct mount_attr)",
  },
  move_mount: { 0: directory, 2: directory, 4: flags(mountFd, "MOVE_MOUNT_") },
  capset: { 0: () => "{…}", 1: () => "{…}" },
};

/** One line; strings longer than `longest` are shortened, paths at their beginning, which tells least. */
export function callText({ call, args, result, errno }: Call, longest = 72): string {
  const words =
    call === "prctl" ? prctlWords(args) : args.map((arg, i) => ARGUMENTS[call]?.[i]?.(arg) ?? plain(arg, longest));
  return `${call}(${words.join(", ")}) = ${errno === undefined ? result : `-1 ${errnoName(errno)}`}`;
}

/** Turns the constants of a module that begin with one of `prefixes` into names for the bits of a number. */
function flags(module: object, ...prefixes: string[]): Words {
  const bits = Object.entries(module).filter(
    (entry): entry is [string, number] => prefixes.some((prefix) => entry[0].startsWith(prefix)) && entry[1] > 0,
  );
  return (value) => {
    const names = bits.filter(([, bit]) => (Number(value) & bit) === bit).map(([name]) => name);
    return names.join("|") || String(value);
  };
}

function directory(fd: unknown): string {
  return fd === open.AT_FDCWD ? "AT_FDCWD" : String(fd);
}

/** The options of prctl(2), wherever they are declared. */
const OPTIONS = Object.entries({ ...prctl, ...capabilities }).filter(([name]) => /^PR_(?!CAP_AMBIENT_)/.test(name));
const AMBIENT = Object.entries(capabilities).filter(([name]) => /^PR_CAP_AMBIENT_/.test(name));

/** The first argument of prctl(2) says what the others are; most are unused zeros. */
function prctlWords(args: readonly unknown[]): string[] {
  const [option, ...rest] = args.map(Number);
  const name = OPTIONS.find(([, value]) => value === option)?.[0] ?? String(option);
  const used = rest.slice(0, rest.findLastIndex((value) => value !== 0) + 1);
  if (name === "PR_CAPBSET_DROP") return [name, capabilityName(used[0] ?? 0)];
  if (name === "PR_CAP_AMBIENT") return [name, ...ambientWords(used)];
  return [
    name,
    ...used.map((value, i) => (name === "PR_SET_PDEATHSIG" && i === 0 ? signalName(value) : String(value))),
  ];
}

/** What is to be done, and with which capability, unless it is done with all. */
function ambientWords([action = 0, capability = 0]: readonly number[]): string[] {
  const name = AMBIENT.find(([, value]) => value === action)?.[0] ?? String(action);
  return action === capabilities.PR_CAP_AMBIENT_CLEAR_ALL ? [name] : [name, capabilityName(capability)];
}

function capabilityName(number: number): string {
  const name = Object.entries(capabilities.CAPABILITIES).find(([, value]) => value === number)?.[0];
  return name === undefined ? String(number) : `CAP_${name.toUpperCase()}`;
}

function plain(value: unknown, longest: number): string {
  const text = value === null ? "NULL" : JSON.stringify(value);
  if (text.length <= longest) return text;
  return text.startsWith('"/') ? `"…${text.slice(2 - longest)}` : `${text.slice(0, longest - 2)}…"`;
}
