/** `docker images`, `cp`, `rmi`, `layers`: names of images and what they stand for. */
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import { humanDurationSince } from "../human-duration.ts";
import type { Image } from "../images/image.ts";
import type { Server } from "../server.ts";
import { formatTable } from "../table.ts";

const COLUMNS = ["NAME", "ID", "CREATED", "PARENT"];
const MIN_COLUMN_WIDTH = 20;

export function CmdImages(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "images", "[OPTIONS] [NAME]", "List images");
  const limit = flags.int("l", 0, "Only show the N most recent versions of each image; 0 shows all");
  const quiet = flags.bool("q", false, "Only show numeric IDs");
  if (!flags.parse(args, 0, 1)) return;

  const [wanted] = flags.args;
  const shown = this.images.index
    .histories()
    .filter(([name]) => wanted === undefined || name === wanted)
    .flatMap(([name, history]) => history.slice(0, limit.value || undefined).map((image) => ({ name, image })));
  if (quiet.value) stdout.write(shown.map(({ image }) => `${image.Id}\n`).join(""));
  else stdout.write(formatTable([COLUMNS, ...shown.map(({ name, image }) => row(name, image))], MIN_COLUMN_WIDTH));
}

/** The id of an image of several layers is followed by dots: a commit with the same name may follow it. */
function row(name: string, { Id, Layers, Created, Parent }: Image): string[] {
  return [name, Layers.length === 1 ? Id : `${Id}...`, `${humanDurationSince(Created)} ago`, Parent];
}

export function CmdCp(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "cp", "[OPTIONS] IMAGE NAME", "Create a copy of IMAGE and call it NAME");
  if (!flags.parse(args)) return;
  const [source = "", name = ""] = flags.args;
  stdout.write(`${this.images.index.copy(source, name).Id}\n`);
}

export function CmdRmi(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "rmi", "[OPTIONS] IMAGE", "Remove an image's name, with its history");
  if (!flags.parse(args, 1)) return;
  for (const name of flags.args) this.images.index.remove(name);
}

export function CmdLayers(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "layers", "[OPTIONS]", "List filesystem layers");
  if (!flags.parse(args)) return;
  stdout.write(
    this.images.layers
      .list()
      .map((path) => `${path}\n`)
      .join(""),
  );
}
