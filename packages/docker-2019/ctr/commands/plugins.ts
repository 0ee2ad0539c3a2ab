/** `ctr plugins`: what containerd is made of. */
import { formatPlatform } from "@eras/oci-spec/platform.ts";
import type { Plugin } from "../../proto/gen/introspection_pb.ts";
import { STATUS_CODE } from "../../proto/status.ts";
import { flag, type Group, leaf } from "../command.ts";
import { print, printTable } from "../output/print.ts";
import { WIDE } from "../output/table.ts";

const list = leaf<{ quiet?: true; detailed?: true }>({
  name: "list",
  aliases: ["ls"],
  summary: "lists containerd plugins",
  usage: "[flags] [<filter>, ...]",
  options: [
    flag("-q, --quiet", "print only the plugin ids"),
    flag("-d, --detailed", "print detailed information about each plugin"),
  ],
  async run({ flags: { quiet, detailed }, args, containerd }) {
    const { plugins: all } = await containerd.introspection.plugins({ filters: args });
    if (quiet) all.forEach(({ id }) => void print(id));
    else if (detailed) all.forEach(describe);
    else printTable(["TYPE\tID\tPLATFORMS\tSTATUS\t", ...all.map(row)], WIDE);
  },
});

/** A plugin that finds the host wanting, such as btrfs without btrfs, is skipped: what it says of that is long, and starts with a word. */
function status({ initErr }: Plugin): string {
  if (initErr === undefined) return "ok";
  return /skip plugin/.test(initErr.message ?? "") ? "skip" : "error";
}

function row(plugin: Plugin): string {
  return `${plugin.type}\t${plugin.id}\t${platformsOf(plugin)}\t${status(plugin)}\t`;
}

function platformsOf({ platforms }: Plugin): string {
  return platforms.map(formatPlatform).join(",") || "-";
}

function describe(plugin: Plugin): void {
  const exports = Object.entries(plugin.exports).map(([name, value]) => `\t${name}\t${value}`);
  const lines = [
    `Type:\t${plugin.type}`,
    `ID:\t${plugin.id}`,
    ...(plugin.requires.length > 0 ? ["Requires:\t", ...plugin.requires.map((one) => `\t${one}`)] : []),
    ...(plugin.platforms.length > 0 ? [`Platforms:\t${platformsOf(plugin)}`] : []),
    ...(exports.length > 0 ? ["Exports:\t", ...exports] : []),
    ...(plugin.capabilities.length > 0 ? [`Capabilities:\t${plugin.capabilities.join(",")}`] : []),
    ...(plugin.initErr
      ? [`Error:\t`, `\tCode:\t${codeName(plugin.initErr.code)}`, `\tMessage:\t${plugin.initErr.message}`]
      : []),
    "",
  ];
  printTable(lines, WIDE);
}

/** `Unknown` for 2, which is what all failures to start have. */
function codeName(code: number): string {
  return Object.entries(STATUS_CODE).find(([, one]) => one === code)?.[0] ?? `Code(${code})`;
}

export const plugins: Group = {
  name: "plugins",
  summary: "provides information about containerd plugins",
  commands: [list],
};
