/** `ctr namespaces`: containers, images and the rest of one user of containerd are not another's. Docker's lie in `moby`. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { flag, type Group, leaf, parsePairs } from "../command.ts";
import type { Containerd } from "../containerd.ts";
import { log } from "../output/log.ts";
import { formatLabels, print, printTable } from "../output/print.ts";
import { NARROW } from "../output/table.ts";

const create = leaf({
  name: "create",
  aliases: ["c"],
  summary: "create a new namespace",
  usage: "<name> [<key>=<value>]",
  async run({ args: [name, ...labels], containerd }) {
    if (!name) throw new InvalidArgument("please specify a namespace");
    await containerd.namespaces.create({ namespace: { name, labels: parsePairs(labels) } });
  },
});

const list = leaf<{ quiet?: true }>({
  name: "list",
  aliases: ["ls"],
  summary: "list namespaces",
  usage: "[flags]",
  options: [flag("-q, --quiet", "print only the namespace name")],
  async run({ flags: { quiet }, containerd }) {
    const { namespaces: all } = await containerd.namespaces.list({});
    if (quiet) return all.forEach(({ name }) => void print(name));
    const rows = all.map(({ name, labels }) => `${name}\t${formatLabels(labels, "")}\t`);
    printTable(["NAME\tLABELS\t", ...rows], NARROW);
  },
});

const label = leaf({
  name: "label",
  summary: "set and clear labels for a namespace",
  usage: "<name> [<key>=<value>, ...]",
  async run({ args: [name, ...labels], containerd }) {
    if (!name) throw new InvalidArgument("please specify a namespace");
    const paths = labels.map((pair) => `labels.${pair.split("=", 1)[0]}`);
    await containerd.namespaces.update({ namespace: { name, labels: parsePairs(labels) }, updateMask: { paths } });
  },
});

const remove = leaf({
  name: "remove",
  aliases: ["rm"],
  summary: "remove one or more namespaces",
  usage: "<name> [<name>, ...]",
  async run({ args, containerd }) {
    let failure: unknown;
    for (const name of args) failure ??= await removeOne(containerd, name);
    if (failure !== undefined) throw failure;
  },
});

/** @returns The failure, which does not keep the others from being removed. One that is not there is no failure. */
async function removeOne(containerd: Containerd, name: string): Promise<unknown> {
  try {
    await containerd.namespaces.delete({ name });
  } catch (error) {
    const { message, name: kind } = error as Error;
    if (kind !== "NotFound") {
      log("error", `unable to delete ${name}`, { error: message });
      return new Error(`unable to delete ${name}: ${message}`, { cause: error });
    }
  }
  print(name);
  return undefined;
}

export const namespaces: Group = {
  name: "namespaces",
  summary: "manage namespaces",
  commands: [create, list, remove, label],
};
