/**
 * Docker's templates see Go's structures where the daemon's JSON has nothing: a list without items is `[]` though its JSON is null, and what the JSON
 * leaves out is there, and nothing. `{{json .}}` shows what the daemon has said.
 *
 * @see https://pkg.go.dev/github.com/docker/docker@v20.10.24+incompatible/api/types#ContainerJSON
 */
import { asGoMap } from "../../template/go-map.ts";

type Kind = "list" | "map" | "pointer";
type Members = Readonly<Record<string, Kind>>;
type Json = Record<string, unknown>;

const members = (kind: Kind, names: string): Members =>
  Object.fromEntries(names.split(" ").map((name) => [name, kind]));

const CONFIG: Members = {
  ...members("list", "Env Cmd Entrypoint OnBuild Shell"),
  ...members("map", "ExposedPorts Volumes Labels"),
  ...members("pointer", "Healthcheck StopTimeout"),
};
const HOST_CONFIG: Members = {
  ...members("list", "Binds VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd Links SecurityOpt"),
  ...members(
    "list",
    "BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps",
  ),
  ...members("list", "Devices DeviceCgroupRules DeviceRequests Ulimits Mounts MaskedPaths ReadonlyPaths"),
  ...members("map", "PortBindings StorageOpt Tmpfs Sysctls"),
  ...members("pointer", "Init OomKillDisable PidsLimit MemorySwappiness"),
};
const BY_PORT = ["ExposedPorts", "PortBindings"];
/** By the path of the structure; the whole is "". */
const CONTAINER: Readonly<Record<string, Members>> = {
  "": { ExecIDs: "list", ...members("pointer", "SizeRw SizeRootFs") },
  State: { Health: "pointer" },
  Config: CONFIG,
  HostConfig: HOST_CONFIG,
};
const IMAGE: Readonly<Record<string, Members>> = { Config: CONFIG, ContainerConfig: CONFIG };

/** Members that are maps of strings, of things of all kinds. What isn't there of ports is an error: their keys are no strings. */
const MAPS = [
  ["Labels"],
  ["Options"],
  ["Containers"],
  ["IPAM", "Options"],
  ["GraphDriver", "Data"],
  ["NetworkSettings", "Networks"],
  ["HostConfig", "LogConfig", "Config"],
  ...mapsOf(CONFIG).flatMap((name) => [
    ["Config", name],
    ["ContainerConfig", name],
  ]),
  ...mapsOf(HOST_CONFIG).map((name) => ["HostConfig", name]),
];

function mapsOf(structure: Members): string[] {
  return Object.keys(structure).filter((name) => structure[name] === "map" && !BY_PORT.includes(name));
}

/** @param thing - As the daemon tells it: a container, an image, or what has no such members. */
export function asGoSees(thing: unknown): unknown {
  const whole = thing as Json;
  const structures = "HostConfig" in whole ? CONTAINER : "RootFS" in whole ? IMAGE : {};
  for (const [path, kinds] of Object.entries(structures)) {
    const structure = path === "" ? whole : whole[path];
    if (structure) complete(structure as Json, kinds);
  }
  for (const path of MAPS) {
    const map = path.reduce<unknown>((value, name) => (value as Json | undefined)?.[name], whole);
    if (map) asGoMap(map);
  }
  return thing;
}

function complete(structure: Json, kinds: Members): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const isSaid = name in structure;
    if (isSaid && structure[name] !== null) continue;
    Object.defineProperty(structure, name, { value: NOTHING[kind](), enumerable: isSaid });
  }
}

/** In JSON each is null. */
const NOTHING: Readonly<Record<Kind, () => unknown>> = {
  list: () => Object.defineProperty([], "toJSON", { value: () => null }),
  map: () => Object.defineProperty({}, "toJSON", { value: () => null }),
  pointer: () => null,
};
