/**
 * What is mounted into a container, by `-v`, in short:
 *
 *     /data                  a volume without a name, made for this container
 *     name:/data[:options]   a volume, made if it isn't there
 *     /host:/data[:ro]       a directory of the host
 *
 * and by `--mount`, in full: `type=bind,source=/host,target=/data,readonly`.
 */
import { resolve } from "node:path";
import type { Mount } from "../../engine-api/container-config.ts";
import { parseWholeNumber } from "../command.ts";
import { parseByteSize } from "./byte-size.ts";
import { splitPair } from "./pairs.ts";

export interface ShortVolumes {
  readonly binds: readonly string[];
  readonly anonymous: Readonly<Record<string, object>>;
}

/** @throws {Error} When one of them is no volume. */
export function shortVolumes(specs: readonly string[]): ShortVolumes {
  const binds: string[] = [];
  const anonymous: Record<string, object> = {};
  for (const spec of specs) {
    if (spec === "") throw new Error("invalid spec: : empty section between colons");
    const parts = spec.split(":");
    if (parts.includes("")) throw new Error(`invalid spec: ${spec}: empty section between colons`);
    if (parts.length > 3) throw new Error(`invalid spec: ${spec}: unknown option: ${parts[3]}`);
    if (parts.length === 1) anonymous[spec] = {};
    else binds.push([fromHere(parts[0]!), ...parts.slice(1)].join(":"));
  }
  return { binds, anonymous };
}

/** A name has no slash; a path from here has a dot before it. */
function fromHere(source: string): string {
  return source === "." || source.startsWith("./") || source.startsWith("../") ? resolve(source) : source;
}

/** What a `--mount` is while it is read: the parts of each type apart. */
interface Fields {
  readonly mount: { -readonly [Key in keyof Mount]: Mount[Key] };
  readonly bind: Record<string, unknown>;
  readonly volume: { NoCopy?: boolean; Labels?: Record<string, string> };
  readonly driver: { Name?: string; Options?: Record<string, string> };
  readonly tmpfs: { SizeBytes?: number; Mode?: number };
}

const FLAGS_WITHOUT_VALUE = ["readonly", "ro", "volume-nocopy", "bind-nonrecursive"];

/** @throws {Error} In Docker's words. */
export function parseMount(text: string): Mount {
  const fields: Fields = { mount: { Type: "volume", Target: "" }, bind: {}, volume: {}, driver: {}, tmpfs: {} };
  for (const field of splitCsv(text)) readField(field, fields);
  const { mount, bind, volume, driver, tmpfs } = fields;
  if (mount.Target === "") throw new Error("target is required");
  const hasDriver = Object.keys(driver).length > 0;
  const options = { bind, volume: hasDriver ? { ...volume, DriverConfig: driver } : volume, tmpfs };
  for (const [type, set] of Object.entries(options))
    if (Object.keys(set).length > 0 && mount.Type !== type)
      throw new Error(`cannot mix '${type}-*' options with mount type '${mount.Type}'`);
  return {
    ...mount,
    ...(Object.keys(bind).length > 0 && { BindOptions: bind }),
    ...(Object.keys(options.volume).length > 0 && { VolumeOptions: options.volume }),
    ...(Object.keys(tmpfs).length > 0 && { TmpfsOptions: tmpfs }),
  };
}

function readField(field: string, { mount, bind, volume, driver, tmpfs }: Fields): void {
  const [name, value] = splitPair(field);
  const key = name.toLowerCase();
  if (!field.includes("=") && !FLAGS_WITHOUT_VALUE.includes(key))
    throw new Error(`invalid field '${field}' must be a key=value pair`);
  switch (key) {
    case "type":
      mount.Type = value.toLowerCase() as Mount["Type"]; // the daemon knows which there are
      break;
    case "source":
    case "src":
      mount.Source = fromHere(value);
      break;
    case "target":
    case "dst":
    case "destination":
      mount.Target = value;
      break;
    case "readonly":
    case "ro":
      mount.ReadOnly = truth(field, key, value);
      break;
    case "consistency":
      mount.Consistency = value.toLowerCase();
      break;
    case "bind-propagation":
      bind.Propagation = value.toLowerCase();
      break;
    case "bind-nonrecursive":
      bind.NonRecursive = truth(field, key, value);
      break;
    case "volume-nocopy":
      volume.NoCopy = truth(field, key, value);
      break;
    case "volume-label":
      volume.Labels = { ...volume.Labels, ...Object.fromEntries([splitPair(value)]) };
      break;
    case "volume-driver":
      driver.Name = value;
      break;
    case "volume-opt":
      driver.Options = { ...driver.Options, ...Object.fromEntries([splitPair(value)]) };
      break;
    case "tmpfs-size":
      tmpfs.SizeBytes = parseByteSize(value);
      break;
    case "tmpfs-mode":
      if (!/^[0-7]+$/.test(value)) throw new Error(`invalid value for ${key}: ${value}`);
      tmpfs.Mode = Number.parseInt(value, 8);
      break;
    default:
      throw new Error(`unexpected key '${key}' in '${field}'`);
  }
}

function truth(field: string, key: string, value: string): boolean {
  if (!field.includes("=")) return true;
  if (!["true", "false", "1", "0"].includes(value)) throw new Error(`invalid value for ${key}: ${value}`);
  return value === "true" || value === "1";
}

/** Commas part fields, but not within quotes. @see https://www.rfc-editor.org/rfc/rfc4180 */
export function splitCsv(text: string): string[] {
  const fields = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
  return fields.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}

/** `--tmpfs /run:rw,size=64m`: options by path. */
export function tmpfsMounts(specs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    specs.map((spec) => {
      const colon = spec.indexOf(":");
      return colon === -1 ? [spec, ""] : [spec.slice(0, colon), spec.slice(colon + 1)];
    }),
  );
}

/** `--gpus 2`, `--gpus all`, `--gpus device=0,driver=nvidia` */
export function parseGpus(text: string): object {
  const request = { Driver: "", Count: 0, DeviceIDs: null as string[] | null, Capabilities: [["gpu"]], Options: {} };
  for (const field of splitCsv(text)) {
    const [key, value] = field.includes("=") ? splitPair(field) : ["count", field];
    if (key === "count") request.Count = value === "all" ? -1 : gpuCount(value);
    else if (key === "device") request.DeviceIDs = value.split(",");
    else if (key === "driver") request.Driver = value;
    else if (key === "capabilities") request.Capabilities = [[...value.split(","), "gpu"]];
    else if (key === "options") request.Options = Object.fromEntries(value.split(",").map(splitPair));
    else throw new Error(`unexpected key '${key}' in '${field}'`);
  }
  return request;
}

function gpuCount(text: string): number {
  try {
    return parseWholeNumber(text);
  } catch (cause) {
    throw new Error(`count must be an integer: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`, {
      cause,
    });
  }
}
