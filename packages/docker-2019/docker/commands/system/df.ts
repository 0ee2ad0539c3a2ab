import type { ContainerSummary } from "../../../engine-api/container.ts";
import type { ImageSummary } from "../../../engine-api/image.ts";
import type { BuildCache, DiskUsage } from "../../../engine-api/system.ts";
import type { Volume } from "../../../engine-api/volume.ts";
import { booleanFlag, flag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { containerListing } from "../../container/listing.ts";
import { imageListing } from "../../image/listing.ts";
import { ago } from "../../output/age.ts";
import { print, STDOUT, write } from "../../output/print.ts";
import { decimalSize } from "../../output/size.ts";
import { inOrder, printListing, type Row } from "../../output/table.ts";
import { shortId } from "../../output/truncate.ts";
import { volumeRow } from "../../volume/listing.ts";

interface Flags {
  readonly format?: string;
  readonly verbose: boolean;
}

const TITLES = { Type: "TYPE", TotalCount: "TOTAL", Active: "ACTIVE", Size: "SIZE", Reclaimable: "RECLAIMABLE" };

export const df = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    flag("--format <string>", "Pretty-print images using a Go template"),
    booleanFlag("-v, --verbose", "Show detailed information on space usage"),
  ],
  async run({ docker: { api }, flags }) {
    const usage = await api.get<DiskUsage>("/system/df");
    if (flags.verbose) return flags.format === undefined ? printDetails(usage) : printDetailsAs(usage, flags.format);
    await printListing(
      {
        template: { type: "*formatter.diskUsageImagesContext" },
        titles: TITLES,
        columns: Object.keys(TITLES),
        rows: summary(usage),
        key: "Type",
      },
      flags,
    );
  },
});

function summary(usage: DiskUsage): Row[] {
  const caches = usage.BuildCache ?? [];
  const cacheBytes = usage.BuilderSize ?? 0;
  return [
    imagesRow(usage),
    containersRow(usage.Containers ?? []),
    volumesRow(usage.Volumes ?? []),
    row(
      "Build Cache",
      caches.length,
      caches.filter(({ InUse }) => InUse).length,
      cacheBytes,
      decimalSize(cacheBytes, 4),
    ),
  ];
}

function imagesRow({ Images, LayersSize }: DiskUsage): Row {
  const images = Images ?? [];
  const used = images.filter(({ Containers }) => Containers > 0);
  const usedBytes = used.reduce((sum, { Size, SharedSize }) => sum + Size - Math.max(SharedSize, 0), 0);
  return row("Images", images.length, used.length, LayersSize, withShare(LayersSize - usedBytes, LayersSize));
}

function containersRow(containers: readonly ContainerSummary[]): Row {
  const active = containers.filter(({ State }) => ["running", "paused", "restarting"].includes(State));
  const bytes = (some: readonly ContainerSummary[]): number => some.reduce((sum, { SizeRw = 0 }) => sum + SizeRw, 0);
  const total = bytes(containers);
  return row("Containers", containers.length, active.length, total, withShare(total - bytes(active), total));
}

function volumesRow(volumes: readonly Volume[]): Row {
  const isUsed = ({ UsageData }: Volume): boolean => (UsageData?.RefCount ?? 0) > 0;
  const bytes = (some: readonly Volume[]): number =>
    some.reduce((sum, { UsageData }) => sum + Math.max(UsageData?.Size ?? 0, 0), 0);
  const [used, unused] = [volumes.filter(isUsed), volumes.filter((volume) => !isUsed(volume))];
  return row("Local Volumes", volumes.length, used.length, bytes(volumes), withShare(bytes(unused), bytes(volumes)));
}

function withShare(bytes: number, total: number): string {
  const share = total > 0 ? ` (${Math.floor((bytes * 100) / total)}%)` : "";
  return decimalSize(bytes, 4) + share;
}

function row(type: string, total: number, active: number, bytes: number, reclaimable: string): Row {
  return {
    Type: type,
    TotalCount: String(total),
    Active: String(active),
    Size: decimalSize(bytes, 4),
    Reclaimable: reclaimable,
  };
}

/** The image's size is counted with the images. */
function withoutRoot(container: ContainerSummary): ContainerSummary {
  return { ...container, SizeRootFs: 0 };
}

/** An image has its size once, whatever it is called. */
function withOneName(image: ImageSummary): ImageSummary {
  return { ...image, RepoTags: image.RepoTags?.slice(0, 1) ?? null, RepoDigests: null };
}

async function printDetails({ Images, Containers, Volumes, BuildCache, BuilderSize = 0 }: DiskUsage): Promise<void> {
  print("Images space usage:\n");
  const { titles, rows } = imageListing((Images ?? []).map(withOneName), { truncated: true, withDigests: false });
  const imageColumns = ["Repository", "Tag", "ID", "CreatedSince"];
  const sizes = ["VirtualSize", "SharedSize", "UniqueSize", "Containers"];
  await printListing({ titles, rows, columns: [...imageColumns, ...sizes], key: "ID" }, {});
  print("\nContainers space usage:\n");
  const containers = containerListing((Containers ?? []).map(withoutRoot), { truncated: true, withSize: true });
  const columns = ["ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"];
  await printListing({ ...containers, columns }, {});
  print("\nLocal Volumes space usage:\n");
  const volumeTitles = { Name: "VOLUME NAME", Links: "LINKS", Size: "SIZE" };
  const volumes = (Volumes ?? []).map(volumeRow);
  await printListing({ titles: volumeTitles, columns: Object.keys(volumeTitles), rows: volumes, key: "Name" }, {});
  print(`\nBuild cache usage: ${decimalSize(BuilderSize, 4)}\n`);
  const caches = (BuildCache ?? []).map((cache) => ({ ...cacheRow(cache), ID: shortId(cache.ID) }));
  await printListing({ titles: CACHE_TITLES, columns: Object.keys(CACHE_TITLES), rows: caches, key: "ID" }, {});
}

/** All of it, to one template, after which there is no line's end. */
async function printDetailsAs({ Images, Containers, Volumes, BuildCache }: DiskUsage, format: string): Promise<void> {
  const { UserTemplate } = await import("../../output/user-template.ts");
  const { ListRow } = await import("../../../template/functions.ts");
  const template = new UserTemplate(format === "json" ? "{{json .}}" : format, {
    type: "*formatter.diskUsageContext",
    before: { parse: "template parsing error: ", execute: "" },
  });
  const images = imageListing((Images ?? []).map(withOneName), { truncated: false, withDigests: false }).rows;
  const containers = (Containers ?? []).map(withoutRoot);
  const details = {
    Images: images.map((row) => inOrder({ ...row, Digest: "" })),
    Containers: containerListing(containers, { truncated: false, withSize: true }).rows.map(inOrder),
    Volumes: (Volumes ?? []).map(volumeRow).map(inOrder),
    BuildCache: (BuildCache ?? []).map(cacheRow).map(inOrder),
  };
  write(STDOUT, template.execute(new ListRow(details)));
}

const CACHE_TITLES = {
  ID: "CACHE ID",
  CacheType: "CACHE TYPE",
  Size: "SIZE",
  CreatedSince: "CREATED",
  LastUsedSince: "LAST USED",
  UsageCount: "USAGE",
  Shared: "SHARED",
};

function cacheRow({ ID, Type, Size, CreatedAt, LastUsedAt, UsageCount, Shared }: BuildCache): Row {
  const since = (time: string): string => ago(Date.parse(time) / 1000);
  return {
    ID,
    CacheType: Type,
    Size: decimalSize(Size),
    CreatedSince: since(CreatedAt),
    LastUsedSince: LastUsedAt ? since(LastUsedAt) : "",
    UsageCount: String(UsageCount),
    Shared: String(Shared),
  };
}
