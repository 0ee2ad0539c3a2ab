/**
 * Makes two pictures of the same container comparable: takes out what the kernel numbers anew each time, and keeps what the numbers
 * mean. Mounts keep their order and their parents, namespaces whether they are the host's.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { type MountInfo, parseMountinfo } from "@eras/linux/mountinfo.ts";

/** A text for each aspect. */
export type Picture = Readonly<Record<string, string>>;

/** Lines of /proc/PID/status that tell of the moment, or of the machine. */
const MOMENTARY = /^(State|Vm|Rss|SigQ|voluntary|nonvoluntary|HugetlbPages)/;

/**
 * @param output - Of the probe.
 * @param id - Of the container; a new one each time, or keys of an earlier container might be taken for its own.
 */
export function comparable(output: string, id: string): Picture {
  const sections = Object.fromEntries(
    output
      .replaceAll(id, "ID")
      .split(/^== /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf("\n")), section.slice(section.indexOf("\n") + 1)]),
  );
  if (!("end" in sections)) throw new Error(`The probe has not come to its end:\n${output}`);
  return withoutPid({
    ...sections,
    status: sections.status!.replace(/.*\n/g, (line) => (MOMENTARY.test(line) ? "" : line)),
    mounts: mounts(parseMountinfo(sections.mounts!)),
    // runc makes the namespace of message queues before it has become the container's group; others after.
    devices: sections.devices!.replace("/dev/mqueue directory 1777 0:65534", "/dev/mqueue directory 1777 0:0"),
    namespaces: sections.namespaces!.replace(/\w+:\[\d+\]/g, namespaceOwner),
    descriptors: sections.descriptors!.replace(/^.*:\d\d /gm, "").replace(/\[\d+\]/g, "[INODE]"),
    keys: sections.keys!.replace(/^\S+ .*\n/gm, (line) =>
      line.includes("ID") ? line.split(/ +/).slice(4).join(" ") : "",
    ),
  });
}

/** Where the process is not number 1, its number is not the container's to tell; nor are the others'. */
function withoutPid(sections: Record<string, string>): Picture {
  const pid = /^Pid:\t(\d+)$/m.exec(sections.status!)![1]!;
  if (pid === "1") return sections;
  const { processes: _, ...telling } = sections;
  return {
    ...telling,
    status: sections.status!.replace(/^(Tgid|Pid|NS\w+):\t.*/gm, (line) => line.replaceAll(pid, "PID")),
    stat: sections.stat!.replaceAll(new RegExp(`\\b${pid}\\b`, "g"), "PID"),
    "descriptors' flags": sections["descriptors' flags"]!.replaceAll(`/proc/${pid}/`, "/proc/PID/"),
  };
}

/** Ids, device numbers of file systems without a device, and peer groups are replaced by the order in which they appear. */
function mounts(list: readonly MountInfo[]): string {
  const ids = numbering("mount");
  const devices = numbering("device");
  const groups = numbering("group");
  for (const { id } of list) ids(id);
  return list
    .map((mount) =>
      [
        ids(mount.id),
        list.some(({ id }) => id === mount.parentId) ? ids(mount.parentId) : "outside",
        mount.device.startsWith("0:") ? devices(mount.device) : mount.device,
        mount.root,
        mount.mountPoint,
        mount.options.join(),
        mount.propagation.map((field) => field.replace(/\d+/, groups)).join(),
        mount.type,
        mount.source,
        mount.superOptions.join(),
      ].join(" "),
    )
    .join("\n");
}

function numbering(what: string): (key: string | number) => string {
  const seen = new Map<string | number, string>();
  return (key) => {
    if (!seen.has(key)) seen.set(key, `${what}#${seen.size}`);
    return seen.get(key)!;
  };
}

/** `net:[4026531833]` → `net: the host's`. */
function namespaceOwner(link: string): string {
  const ofHost = readdirSync("/proc/self/ns").some((name) => readlinkSync(`/proc/self/ns/${name}`) === link);
  return `${link.split(":")[0]}: ${ofHost ? "the host's" : "another"}`;
}
