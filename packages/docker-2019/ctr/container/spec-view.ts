/** What a container sees: its files, namespaces and devices. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { Linux, LinuxIDMapping, LinuxNamespace, LinuxNamespaceType } from "@eras/oci-spec/runtime/config-linux.ts";
import { deviceRule, devicesAt } from "./devices.ts";
import type { ContainerFlags } from "./flags.ts";
import { parseMountFlag } from "./mount-flag.ts";

/** As `--with-ns` has them, and as the spec has them. */
const NAMESPACE_TYPES: Readonly<Record<string, LinuxNamespaceType>> = {
  pid: "pid",
  network: "network",
  net: "network",
  mount: "mount",
  mnt: "mount",
  ipc: "ipc",
  uts: "uts",
  user: "user",
  cgroup: "cgroup",
};

/** Files without which a container with the host's network would not find anybody. */
const NETWORK_FILES = ["/etc/hosts", "/etc/resolv.conf"];

/** @throws {InvalidArgument} When a flag makes no sense. */
export function addView(spec: Spec, flags: ContainerFlags): Spec {
  const { mount, netHost, readOnly } = flags;
  const ofHost = netHost ? NETWORK_FILES.map(readonlyBind) : [];
  return {
    ...spec,
    root: { ...spec.root!, ...(readOnly && { readonly: true }) },
    mounts: [...(spec.mounts ?? []), ...mount.map(parseMountFlag), ...ofHost],
    linux: { ...spec.linux, ...namespaces(spec.linux!, flags), ...devices(spec.linux!, flags), ...propagation(flags) },
  };
}

function readonlyBind(path: string): Mount {
  return { destination: path, type: "bind", source: path, options: ["rbind", "ro"] };
}

function namespaces({ namespaces: all = [] }: Linux, flags: ContainerFlags): Pick<Linux, "namespaces"> {
  const { netHost, withNs, uidmap, gidmap } = flags;
  const joined = withNs.map(parseNamespace);
  const known = all.filter(({ type }) => !(netHost && type === "network"));
  const own = known.map((one) => joined.findLast(({ type }) => type === one.type) ?? one);
  const more = joined.filter(({ type }) => !known.some((one) => one.type === type));
  const isMapped = uidmap !== undefined || gidmap !== undefined;
  if (!isMapped) return { namespaces: [...own, ...more] };
  if (uidmap === undefined || gidmap === undefined) throw new InvalidArgument("both --uidmap and --gidmap are needed");
  const mappings = { uidMappings: [parseMapping(uidmap)], gidMappings: [parseMapping(gidmap)] };
  return { ...mappings, namespaces: [...own, ...more, { type: "user" }] } as Pick<Linux, "namespaces">;
}

/** `network:/proc/1/ns/net` */
function parseNamespace(text: string): LinuxNamespace {
  const [name = "", ...path] = text.split(":");
  const type = NAMESPACE_TYPES[name];
  if (type === undefined || path.length === 0)
    throw new InvalidArgument(
      `the option --with-ns must be in the format <nstype>:<path>, and is ${JSON.stringify(text)}`,
    );
  return { type, path: path.join(":") };
}

/** `0:100000:65536`: the container's first id, the host's, how many. @throws {InvalidArgument} */
export function parseMapping(text: string): LinuxIDMapping {
  const [containerID, hostID, size, ...more] = text.split(":").map(Number);
  const isWhole = [containerID, hostID, size].every((number) => Number.isSafeInteger(number));
  if (!isWhole || more.length > 0) throw new InvalidArgument(`id mapping must be in format id:id:size: ${text}`);
  return { containerID: containerID!, hostID: hostID!, size: size! };
}

function devices({ resources }: Linux, { device }: ContainerFlags): Pick<Linux, "devices" | "resources"> {
  if (device.length === 0) return {};
  const nodes = device.flatMap(devicesAt);
  const rules = [...(resources?.devices ?? []), ...nodes.map(deviceRule)];
  return { devices: nodes, resources: { ...resources, devices: rules } };
}

function propagation({ rootfsPropagation }: ContainerFlags): Pick<Linux, "rootfsPropagation"> {
  return rootfsPropagation === undefined ? {} : { rootfsPropagation };
}
