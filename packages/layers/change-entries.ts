/** Tars on their way, with other names and owners for what is in them. */
import { DEFAULT_LIMITS } from "./limits.ts";
import type { TarEntry } from "./tar-entry.ts";
import { readTar, type TarMember } from "./tar-reader.ts";
import { END_OF_ARCHIVE, formatHeaders, paddingOf } from "./tar-writer.ts";
import { WHITEOUT_PREFIX } from "./whiteout.ts";

/** @param change - Of each entry. */
export async function* changeEntries(
  tar: AsyncIterable<Uint8Array>,
  change: (entry: TarEntry) => TarEntry,
): AsyncGenerator<Buffer> {
  for await (const member of readTar(tar, DEFAULT_LIMITS)) {
    yield formatHeaders(change(member.entry));
    yield* contentOf(member);
  }
  yield END_OF_ARCHIVE;
}

/** Whole, with zeros for its holes. */
async function* contentOf({ entry, content }: TarMember): AsyncGenerator<Buffer> {
  let written = 0;
  for await (const { position, bytes } of content()) {
    if (position > written) yield Buffer.alloc(position - written);
    yield bytes;
    written = position + bytes.length;
  }
  if (written < entry.size) yield Buffer.alloc(entry.size - written);
  yield Buffer.alloc(paddingOf(entry.size));
}

/** Names, and what hard links name, which is in the same archive. */
export function renamed(entry: TarEntry, rename: (name: string) => string): TarEntry {
  const name = rename(entry.name);
  return entry.type === "link" ? { ...entry, name, linkName: rename(entry.linkName) } : { ...entry, name };
}

/** @throws {Error} For a name that `apply` would take for a whiteout, and remove a file. */
export function checkNoWhiteout(name: string): string {
  if (name.split("/").some((part) => part.startsWith(WHITEOUT_PREFIX)))
    throw new Error(`Cannot copy ${name}: names that start with ${WHITEOUT_PREFIX} are for whiteouts`);
  return name;
}
