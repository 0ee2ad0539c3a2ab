/** The options of a tmpfs, of which a later one overrides an earlier. */
import { mountOptionWords } from "@eras/linux/mount.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** Options with a value: tmpfs(5). */
const VALUED = new Set(["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"]);
const PROPAGATIONS = /^r?(private|shared|slave|unbindable|bind)$/;

/**
 * Leaves one of each kind: of `noexec` and `exec`, of the propagations, of those with the same name before `=`.
 *
 * @throws {InvalidArgument} When an option is not known.
 */
export function mergeTmpfsOptions(options: readonly string[]): string[] {
  const kept = new Map<string, string>();
  for (const option of options.filter((one) => one !== "defaults").toReversed()) {
    const kind = kindOf(option);
    if (!kept.has(kind)) kept.set(kind, option);
  }
  return [...kept.values()].reverse();
}

function kindOf(option: string): string {
  const [name = "", ...value] = option.split("=");
  if (value.length > 0 && (VALUED.has(name) || name === "")) return name;
  if (value.length === 0 && PROPAGATIONS.test(option)) return "propagation";
  if (value.length === 0 && OPPOSITES.has(option)) return OPPOSITES.get(option)!;
  throw new InvalidArgument(`invalid tmpfs option ${goList(value.length > 0 ? [name, value.join("=")] : [option])}`);
}

/** As Go prints a list of strings with %q. */
function goList(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(" ")}]`;
}

/** Each word of mount(8) by what it turns on or off. */
const OPPOSITES: ReadonlyMap<string, string> = new Map(
  [
    ...["ro", "rw"].map((word) => [word, "readonly"] as const),
    ...["atime", "diratime", "dev", "exec", "suid", "mand", "relatime", "strictatime"].flatMap(
      (word) =>
        [
          [word, word],
          [`no${word}`, word],
        ] as const,
    ),
    ...["sync", "async"].map((word) => [word, "sync"] as const),
    ["dirsync", "dirsync"] as const,
    ["remount", "remount"] as const,
  ].filter(([word]) => mountOptionWords().includes(word)),
);
