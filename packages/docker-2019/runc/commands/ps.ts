/** `runc ps`: the processes of a container, by ps(1) of the host or by number. */
import { writeSync } from "node:fs";
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { log } from "../log.ts";
import { FORMAT_FLAG, parseFormat } from "../output-format.ts";
import { mayFail } from "../rootless.ts";

export const command = defineCommand({
  usage: "[command options] <container-id> [ps options]",
  summary: "ps displays the processes running inside a container",
  flags: { format: FORMAT_FLAG },
  minArgs: 1,
  flagsFirst: true,
  run({ globals, flags, args: [id, ...options] }) {
    if (globals.rootless) log("warning", mayFail("ps"));
    const format = parseFormat(flags.format);
    const pids = Container.load(globals.root, id!).cgroup.pids();
    writeSync(1, format === "json" ? toJson(pids) : processTable(pids, options));
    return 0;
  },
});

/** Go's list without any elements is null. */
function toJson(pids: readonly number[]): string {
  return `${JSON.stringify(pids.length === 0 ? null : pids)}\n`;
}

/** What ps(1) says of everybody, without those who are not in the container. */
function processTable(pids: readonly number[], options: readonly string[]): string {
  const [header = "", ...lines] = callPs(options.length === 0 ? ["-ef"] : options).split("\n");
  const column = fields(header).indexOf("PID");
  if (column === -1) throw new Error("couldn't find PID field in ps output");
  const wanted = new Set(pids.map(String));
  const own = lines.filter((line) => wanted.has(fields(line)[column] ?? ""));
  return [header, ...own].map((line) => `${line}\n`).join("");
}

function fields(line: string): string[] {
  return line.trim().split(/\s+/);
}

const LARGEST_OUTPUT = 1 << 28;

function callPs(options: readonly string[]): string {
  const { spawnSync } = process.getBuiltinModule("node:child_process"); // 4 ms, which JSON does without
  const { status, stdout, stderr, error } = spawnSync("ps", options, { encoding: "utf8", maxBuffer: LARGEST_OUTPUT });
  if (error) throw new Error(`Cannot call ps: ${error.message}; Debian has it in the package procps`, { cause: error });
  if (status !== 0) throw new Error(`exit status ${status}: ${stdout}${stderr}`);
  return stdout;
}
