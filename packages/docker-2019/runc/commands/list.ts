/** `runc list`: the containers below a root. */
import { existsSync, writeSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { type ContainerDescription, describeContainer } from "../container/describe-container.ts";
import { ownerOf } from "../container/owner.ts";
import { containerIds, stateDir } from "../container/state.ts";
import { FORMAT_FLAG, parseFormat } from "../output-format.ts";

export const command = defineCommand({
  usage: "[command options]",
  summary: "lists containers started by runc with the given root",
  description: `Of containers with another "--root" (default: "/run/runc"):

       # runc --root value list`,
  flags: {
    format: FORMAT_FLAG,
    quiet: { type: "boolean", short: "q", description: "display only container IDs" },
  },
  minArgs: 0,
  maxArgs: 0,
  run({ globals, flags }) {
    const format = parseFormat(flags.format);
    const containers = describeAll(globals.root);
    if (flags.quiet) writeSync(1, containers.map(({ id }) => `${id}\n`).join(""));
    else writeSync(1, format === "json" ? toJson(containers) : toTable(containers));
    return 0;
  },
});

function describeAll(root: string): ContainerDescription[] {
  return containerIds(root)
    .sort()
    .flatMap((id) => describe(root, id) ?? []);
}

/** One that is deleted while we look is none; one that can't be read is told of, and the others are listed. */
function describe(root: string, id: string): ContainerDescription | undefined {
  try {
    const container = Container.load(root, id);
    return { ...describeContainer(container), owner: ownerOf(container.dir) };
  } catch (error) {
    if (!isErrno(error, "ENOENT") && existsSync(stateDir(root, id)))
      writeSync(2, `load container ${id}: ${(error as Error).message}\n`);
    return undefined;
  }
}

/** Go writes a list without any elements as null, and readers of runc's output are used to it. */
function toJson(containers: readonly ContainerDescription[]): string {
  return `${JSON.stringify(containers.length === 0 ? null : containers)}\n`;
}

const PADDING = 3;
const MIN_WIDTH = 12;

/** All columns but the last are as wide as their longest cell. */
function toTable(containers: readonly ContainerDescription[]): string {
  const rows = [
    ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"],
    ...containers.map(({ id, pid, status, bundle, created, owner }) => [
      id,
      String(pid),
      status,
      bundle,
      created,
      owner,
    ]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(MIN_WIDTH, ...rows.map((cells) => characters(cells[i]!) + PADDING)));
  return rows.map((cells) => `${cells.map((cell, i) => pad(cell, i, widths)).join("")}\n`).join("");
}

function pad(cell: string, column: number, widths: readonly number[]): string {
  const isLast = column === widths.length - 1;
  return isLast ? cell : cell + " ".repeat(widths[column]! - characters(cell));
}

/** A path may contain characters that are two units of a string. */
function characters(text: string): number {
  return [...text].length;
}
