/**
 * Seccomp policies in LXC's text format, of which there are two.
 *
 *     1                    version 1, LXC 0.9: the numbers of the calls
 *     whitelist            that are allowed; any other ends the program
 *     0
 *     231
 *
 *     2                    version 2, LXC 1.0: names. The listed calls are
 *     denylist errno 1     refused (denylist, once called blacklist) or are all that is allowed (allowlist, whitelist);
 *     [all]                a word behind that says how a call is refused: errno N, kill, trap.
 *     mount                A call may have its own word …
 *     reboot errno 38
 *     [x86_64]             … and be meant for one architecture.
 *     ioctl errno 1 [1,0x5412,SCMP_CMP_EQ]     Arguments: index, value, comparison, mask's result.
 *
 * @see https://linuxcontainers.org/lxc/manpages/man5/lxc.container.conf.5.html, SECCOMP CONFIGURATION
 */
import { readFileSync } from "node:fs";
import { architecture, nativeArchitecture, systemCallNumbers } from "@eras/linux/seccomp/architectures.ts";
import type {
  SeccompAction,
  SeccompCondition,
  SeccompOperator,
  SeccompProfile,
  SeccompRule,
} from "@eras/linux/seccomp/profile.ts";
import { compileSeccompFilter } from "@eras/linux/seccomp.ts";
import { step } from "../step.ts";

/** @returns The filter of the policy in file `path`, base64. @throws {Error} When it can't be read; the message starts with its place. */
export function readPolicy(path: string): string {
  step("lxc-start.seccomp-policy", { path });
  return compileSeccompFilter(parsePolicy(readFileSync(path, "utf8"), path)).toString("base64");
}

/**
 * Reads a policy.
 *
 * @param place - What to call it in errors.
 * @throws {Error} When a line is wrong.
 */
export function parsePolicy(text: string, place: string): SeccompProfile {
  const lines = text
    .split("\n")
    .map((line, index) => ({ words: line.trim(), place: `${place}:${index + 1}` }))
    .filter(({ words }) => words !== "" && !words.startsWith("#"));
  const [version, kind, ...rules] = lines;
  if (version?.words === "1" && kind?.words === "whitelist") return parseNumbers(rules);
  if (version?.words === "2" && kind) return parseNames(kind, rules);
  throw new Error(`${version?.place ?? place}: a policy starts with "1" and "whitelist", or with "2" and its kind`);
}

interface Line {
  readonly words: string;
  readonly place: string;
}

function parseNumbers(lines: readonly Line[]): SeccompProfile {
  const names = new Map(
    [...systemCallNumbers(architecture(nativeArchitecture()))].map(([name, number]) => [number, name]),
  );
  const allowed = lines.map(({ words, place }) => {
    const name = /^\d+$/.test(words) ? names.get(Number(words)) : undefined;
    if (name === undefined) throw new Error(`${place}: "${words}" is not the number of a system call`);
    return name;
  });
  return { defaultAction: "SCMP_ACT_KILL", syscalls: [{ names: allowed, action: "SCMP_ACT_ALLOW" }] };
}

/** What a filter answers. */
interface Answer {
  readonly action: SeccompAction;
  readonly errnoRet?: number;
}

const ALLOW: Answer = { action: "SCMP_ACT_ALLOW" };
const KILL: Answer = { action: "SCMP_ACT_KILL" };

function parseNames({ words, place }: Line, lines: readonly Line[]): SeccompProfile {
  const [, kind, word] = /^(denylist|blacklist|allowlist|whitelist)\b\s*(.*)$/.exec(words) ?? [];
  if (kind === undefined) throw new Error(`${place}: "${words}" is neither allowlist nor denylist`);
  const refusal = word ? parseAnswer(word, place) : KILL;
  const isAllowlist = kind === "allowlist" || kind === "whitelist";
  const { action, errnoRet } = isAllowlist ? refusal : ALLOW;
  const rules = rulesForUs(lines).map((line) => parseRule(line, isAllowlist ? ALLOW : refusal));
  return { defaultAction: action, ...(errnoRet !== undefined && { defaultErrnoRet: errnoRet }), syscalls: rules };
}

/** Lines for all architectures, and for ours. There are no others to be filtered: calls of another architecture end the program. */
function rulesForUs(lines: readonly Line[]): Line[] {
  const ours = ["all", process.arch === "x64" ? "x86_64" : "arm64"];
  let isOurs = true;
  return lines.filter(({ words }) => {
    const [, section] = /^\[(\w+)\]$/.exec(words) ?? [];
    if (section !== undefined) isOurs = ours.includes(section.toLowerCase());
    return isOurs && section === undefined;
  });
}

function parseRule({ words, place }: Line, usual: Answer): SeccompRule {
  const [, name, word, conditions] = /^(\w+)\s*([^[]*?)\s*((?:\[[^\]]*\][\s,]*)*)$/.exec(words) ?? [];
  if (name === undefined) throw new Error(`${place}: "${words}" is not of the form "name action [arguments]"`);
  const args = [...conditions!.matchAll(/\[([^\]]*)\]/g)].map(([, fields]) => parseCondition(fields!, place));
  return { names: [name], ...(word ? parseAnswer(word, place) : usual), ...(args.length > 0 && { args }) };
}

function parseAnswer(words: string, place: string): Answer {
  const [, errno] = /^errno\s*\(?(\d+)\)?$/.exec(words) ?? [];
  if (errno !== undefined) return { action: "SCMP_ACT_ERRNO", errnoRet: Number(errno) };
  if (words === "allow") return ALLOW;
  if (words === "kill") return KILL;
  if (words === "trap") return { action: "SCMP_ACT_TRAP" };
  throw new Error(`${place}: "${words}" is not errno N, kill, trap or allow`);
}

const OPERATORS: readonly string[] = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"].map(
  (name) => `SCMP_CMP_${name}`,
);

function parseCondition(fields: string, place: string): SeccompCondition {
  const [index = "", value = "", op = "", valueTwo] = fields.split(",").map((field) => field.trim());
  const isNumber = (text: string) => /^(0x[\da-f]+|\d+)$/i.test(text);
  if (
    !/^[0-5]$/.test(index) ||
    !isNumber(value) ||
    !OPERATORS.includes(op) ||
    (valueTwo !== undefined && !isNumber(valueTwo))
  ) {
    throw new Error(`${place}: "[${fields}]" is not of the form [index,value,SCMP_CMP_EQ]`);
  }
  const operator = op as SeccompOperator; // it is one of OPERATORS
  // With MASKED_EQ LXC gives first what must come out and then the mask, the profile the other way round.
  if (operator === "SCMP_CMP_MASKED_EQ" && valueTwo !== undefined) {
    return { index: Number(index), value: BigInt(valueTwo), valueTwo: BigInt(value), op: operator };
  }
  return { index: Number(index), value: BigInt(value), op: operator };
}
