/** `ctr content`: the store of blobs, below images. */
import { parseDigest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { humanDuration } from "../../human-duration.ts";
import type { Timestamp } from "../../proto/gen/google/protobuf/timestamp_pb.ts";
import { dateOf } from "../../proto/timestamps.ts";
import { flag, type Group, leaf, listFlag, numberFlag, parsePairs } from "../command.ts";
import { labelContent, readContent } from "../image/content.ts";
import { putImage } from "../image/image-store.ts";
import { Ingest } from "../image/ingest.ts";
import { PLATFORM_OPTIONS, type PlatformFlags } from "../image/platform-flags.ts";
import { REGISTRY_OPTIONS, type RegistryFlags } from "../image/registry-flags.ts";
import { decimalSize } from "../output/byte-size.ts";
import { formatLabels, print, printTable, write } from "../output/print.ts";
import { TABBED } from "../output/table.ts";
import { edit } from "./content-edit.ts";
import { fetchObject, pushObject } from "./content-objects.ts";
import { prune } from "./content-prune.ts";
import { fetchImage } from "./images/pull.ts";

const list = leaf<{ quiet?: true }>({
  name: "list",
  aliases: ["ls"],
  summary: "list all blobs in the store",
  usage: "[flags] [<filter>, ...]",
  options: [flag("-q, --quiet", "print only the blob digest")],
  async run({ flags: { quiet }, args, containerd }) {
    const rows: string[] = [];
    for await (const { info } of containerd.content.list({ filters: args }))
      for (const { digest, size, createdAt, labels } of info)
        rows.push(
          quiet ? digest : `${digest}\t${decimalSize(Number(size))}\t${age(createdAt)}\t${formatLabels(labels, "-")}`,
        );
    if (quiet) rows.forEach(print);
    else printTable(["DIGEST\tSIZE\tAGE\tLABELS", ...rows], TABBED);
  },
});

function age(since: Timestamp | undefined): string {
  return humanDuration(Date.now() - (dateOf(since)?.getTime() ?? Date.now()));
}

const get = leaf({
  name: "get",
  summary: "get the data for an object",
  usage: "<digest>",
  async run({ args: [digest = ""], containerd }) {
    for await (const piece of readContent(containerd, parseDigest(digest))) write(piece);
  },
});

const ingest = leaf<{ expectedSize?: number; expectedDigest?: string }>({
  name: "ingest",
  summary: "accept content into the store",
  usage: "[flags] <key>",
  options: [
    numberFlag("--expected-size <value>", "validate against provided size"),
    flag("--expected-digest <value>", "verify content against expected digest"),
  ],
  async run({ flags: { expectedSize: size, expectedDigest }, args: [ref], containerd }) {
    if (!ref) throw new InvalidArgument("must specify a transaction reference");
    const wanted = { ...(size && { size }), ...(expectedDigest && { digest: parseDigest(expectedDigest) }) };
    const opened = await Ingest.open(containerd, ref, wanted);
    if (opened === undefined) return;
    for await (const piece of process.stdin) await opened.write(piece as Buffer);
    await opened.commit();
  },
});

const active = leaf({
  name: "active",
  summary: "display active transfers",
  usage: "[<filter>, ...]",
  async run({ args, containerd }) {
    const { statuses } = await containerd.content.listStatuses({ filters: args });
    const rows = statuses.map(
      ({ ref, offset, startedAt }) => `${ref}\t${decimalSize(Number(offset))}\t${age(startedAt)}\t`,
    );
    printTable(["REF\tSIZE\tAGE\t", ...rows], TABBED);
  },
});

const remove = leaf({
  name: "delete",
  aliases: ["del", "remove", "rm"],
  summary: "permanently delete one or more blobs",
  usage: "<digest> [<digest>, ...]",
  async run({ args, containerd }) {
    for (const digest of args) {
      try {
        await containerd.content.delete({ digest: parseDigest(digest) });
        print(digest);
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
      }
    }
  },
});

const label = leaf({
  name: "label",
  summary: "add labels to content",
  usage: "<digest> [<label>=<value> ...]",
  async run({ args: [digest = "", ...pairs], containerd }) {
    print(formatLabels(await labelContent(containerd, parseDigest(digest), parsePairs(pairs)), ""));
  },
});

interface FetchFlags extends RegistryFlags, PlatformFlags {
  readonly label: readonly string[];
}

const fetch = leaf<FetchFlags>({
  name: "fetch",
  summary: "fetch all content for an image into containerd",
  usage: "[flags] <remote>",
  options: [...REGISTRY_OPTIONS, listFlag("--label <value>", "labels to attach to the image"), ...PLATFORM_OPTIONS],
  async run({ flags, args: [name], containerd }) {
    if (!name) throw new InvalidArgument("please provide an image reference to fetch");
    await containerd.withLease(async (leased) => {
      const { target } = await fetchImage(leased, name, flags);
      await putImage(leased, name, target, parsePairs(flags.label)); // or all of it would go with the lease
    });
  },
});

export const content: Group = {
  name: "content",
  summary: "manage content",
  commands: [active, remove, edit, fetch, fetchObject, get, ingest, list, pushObject, label, prune],
};
