/** Rows of `docker ps`. */
import type { ContainerSummary } from "../../engine-api/container.ts";
import { ago, goTime } from "../output/age.ts";
import { decimalSize } from "../output/size.ts";
import type { Listing, Row } from "../output/table.ts";
import { ellipsis, shortId } from "../output/truncate.ts";
import { displayPorts } from "./display-ports.ts";

/** What is said of a user's template. */
const TEMPLATE = {
  type: "*formatter.ContainerContext",
  before: { parse: "failed to parse template: ", execute: "failed to execute template: " },
};
const TITLES = {
  ID: "CONTAINER ID",
  Names: "NAMES",
  Image: "IMAGE",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  Ports: "PORTS",
  State: "STATE",
  Status: "STATUS",
  Size: "SIZE",
  Labels: "LABELS",
  Mounts: "MOUNTS",
  LocalVolumes: "LOCAL VOLUMES",
  Networks: "NETWORKS",
};
const COLUMNS = ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"];
const COMMAND_LENGTH = 20;
const MOUNT_LENGTH = 15;

interface Style {
  readonly truncated: boolean;
  readonly withSize: boolean;
}

export function containerListing(containers: readonly ContainerSummary[], style: Style): Listing {
  const columns = style.withSize ? [...COLUMNS, "Size"] : COLUMNS;
  return { template: TEMPLATE, titles: TITLES, columns, rows: containers.map((one) => rowOf(one, style)), key: "ID" };
}

function rowOf(container: ContainerSummary, { truncated }: Style): Row {
  const labels = container.Labels ?? {};
  return {
    ID: truncated ? shortId(container.Id) : container.Id,
    Names: names(container.Names, truncated).join(","),
    Image: image(container, truncated),
    Command: JSON.stringify(truncated ? ellipsis(container.Command, COMMAND_LENGTH) : container.Command),
    get CreatedAt() {
      return goTime(container.Created); // dear: it asks for the zone
    },
    RunningFor: ago(container.Created),
    Ports: displayPorts(container.Ports),
    State: container.State,
    Status: container.Status,
    Size: size(container),
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(","),
    Label: (key = "") => labels[key] ?? "",
    Mounts: container.Mounts.map(({ Name, Source }) =>
      truncated ? ellipsis(Name || Source, MOUNT_LENGTH) : Name || Source,
    ).join(","),
    LocalVolumes: String(container.Mounts.filter(({ Driver }) => Driver === "local").length),
    Networks: Object.keys(container.NetworkSettings?.Networks ?? {})
      .sort()
      .join(","),
  };
}

/** Those that links have given it have two slashes. */
function names(all: readonly string[], truncated: boolean): string[] {
  const own = truncated ? all.filter((name) => name.lastIndexOf("/") === 0) : all;
  return own.map((name) => name.replace(/^\//, ""));
}

/** A container whose image has lost its name tells the image's ID. */
function image({ Image, ImageID }: ContainerSummary, truncated: boolean): string {
  if (Image === "") return "<no image>";
  if (!truncated) return Image;
  if (Image === ImageID || shortId(ImageID) === shortId(Image)) return shortId(Image);
  return Image.replace(/(:[\w.-]+)@sha256:[0-9a-f]{64}$/, "$1");
}

function size({ SizeRw = 0, SizeRootFs = 0 }: ContainerSummary): string {
  const own = decimalSize(SizeRw);
  return SizeRootFs > 0 ? `${own} (virtual ${decimalSize(SizeRootFs)})` : own;
}
