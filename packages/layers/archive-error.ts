/** An archive that is damaged, hostile or of a kind we do not read. What the kernel refuses is an `ErrnoError` instead. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** Names an entry in a message: quoted, so that control characters of a hostile name stay visible, and never longer than a line. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
