/**
 * Keeps manifests and indexes apart. A registry says in a header what it sends, and a digest covers the bytes alone: content that is
 * both would be one image to whoever asked, and another to whoever looks inside. CVE-2021-41190.
 *
 * @see https://github.com/opencontainers/image-spec/security/advisories/GHSA-77vh-xpmg-72qh
 */
import type { Check } from "../check.ts";
import { type Place, show } from "../findings.ts";

/** Of manifests and indexes. Docker's schema 1 is another document. */
export const schemaVersion: Check<2> = (value, place) => {
  if (value !== 2) place.problem(`${show(value)} is not schema version 2`);
};

/** Reports members that another kind of document has, and a media type of another kind. */
export function isOnlyA(
  kind: string,
  document: { readonly mediaType?: string },
  members: readonly string[],
  isType: (mediaType: string) => boolean,
  place: Place,
): void {
  for (const member of members) {
    if (Object.hasOwn(document, member)) place.at(member).problem(`${kind} has none: what else is this?`);
  }
  const { mediaType } = document;
  if (mediaType !== undefined && !isType(mediaType))
    place.at("mediaType").problem(`${show(mediaType)} is not the type of ${kind}`);
}
