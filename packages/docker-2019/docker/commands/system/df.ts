import type { ContainerSummary } from "../../../engine-api/container.ts";
import type { BuildCache, DiskUsage } from "../../../engine-api/system.ts";
import type { Volume } from "../../../engine-api/volume.ts";
import { booleanFlag, flag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { containerListing } from "../../container/listing.ts";
import { imageListing } from "../../image/listing.ts";
import { ago } from "../../output/age.ts";
import { print } from "../../output/print.ts";
import { decimalSize } from "../../output/size.ts";
import { printListing, printTable, type Row } from "../../output/table.ts";
import { shortId } from "../../output/truncate.ts";

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
    if (flags.verbose) return printDetails(usage);
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

/** Here, and only here, nothing stands where the age is not known. */
function withoutUnknownAge(row: Row): Row {
  return row.CreatedSince === "N/A" ? { ...row, CreatedSince: "" } : row;
}

async function printDetails({ Images, Containers, Volumes, BuildCache, BuilderSize = 0 }: DiskUsage): Promise<void> {
  print("Images space usage:\n");
  const images = imageListing(Images ?? [], { truncated: true, withDigests: false, sizeDigits: 4 });
  const imageColumns = ["Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"];
  await printListing({ ...images, rows: images.rows.map(withoutUnknownAge), columns: imageColumns }, {});
  print("\nContainers space usage:\n");
  const containers = containerListing((Containers ?? []).map(withoutRoot), { truncated: true, withSize: true });
  const columns = ["ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"];
  await printListing({ ...containers, columns }, {});
  print("\nLocal Volumes space usage:\n");
  const titles = { Name: "VOLUME NAME", Links: "LINKS", Size: "SIZE" };
  const rows = (Volumes ?? []).map(({ Name, UsageData }) => ({
    Name,
    Links: String(UsageData?.RefCount ?? 0),
    Size: decimalSize(UsageData?.Size ?? 0),
  }));
  await printListing({ titles, columns: Object.keys(titles), rows, key: "Name" }, {});
  print(`\nBuild cache usage: ${decimalSize(BuilderSize, 4)}\n`);
  printTable([CACHE_TITLES, ...(BuildCache ?? []).map(cacheRow)]);
}

const CACHE_TITLES = ["CACHE ID", "CACHE TYPE", "SIZE", "CREATED", "LAST USED", "USAGE", "SHARED"];

function cacheRow({ ID, Type, Size, CreatedAt, LastUsedAt, UsageCount, Shared }: BuildCache): string[] {
  const since = (time: string): string => ago(Date.parse(time) / 1000);
  return [
    shortId(ID),
    Type,
    decimalSize(Size),
    since(CreatedAt),
    LastUsedAt ? since(LastUsedAt) : "",
    String(UsageCount),
    String(Shared),
  ];
}
