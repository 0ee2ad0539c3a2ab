/**
 * Identifiers: what containers, tasks, exec processes and namespaces may be called, because their names become names of files.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/identifiers/validate.go
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** In characters: that of a DNS name with room for a suffix. */
export const MAX_IDENTIFIER_LENGTH = 76;
/** Letters and digits, with single separators between them: no `..`, no `/`, nothing that starts with `-`. */
const IDENTIFIER = /^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$/;

/** @throws {InvalidArgument} When text may not be an identifier. */
export function validateIdentifier(text: string): void {
  if (text === "") throw new InvalidArgument("identifier must not be empty");
  if (text.length > MAX_IDENTIFIER_LENGTH)
    throw new InvalidArgument(
      `identifier ${quote(text)} greater than maximum length (${MAX_IDENTIFIER_LENGTH} characters)`,
    );
  if (!IDENTIFIER.test(text)) throw new InvalidArgument(`identifier ${quote(text)} must match ${IDENTIFIER.source}`);
}

/** Text in quotes, with whatever can't be seen escaped. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
