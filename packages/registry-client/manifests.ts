/**
 * Manifests and indexes in a repository: small documents by tag or digest, of OCI's media types or those of Docker's schema 2.
 *
 *     HEAD /v2/NAME/manifests/TAG       200, Docker-Content-Digest, Content-Type, Content-Length
 *     GET  /v2/NAME/manifests/DIGEST    … and the document
 *     PUT  /v2/NAME/manifests/TAG       201
 *     GET  /v2/NAME/tags/list           {"name": NAME, "tags": ["latest"]}, and Link: <…>; rel="next" when there are more
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.0.1/spec.md#pulling-manifests
 */
import { list, object, string } from "@eras/oci-spec/check.ts";
import { type Digest, isDigest, sha256, Verifier } from "@eras/oci-spec/digest.ts";
import { FailedPrecondition, InvalidArgument, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import { validate } from "@eras/oci-spec/findings.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_SCHEMA1_MANIFESTS,
  isIndexType,
  isManifestType,
  OCI_INDEX,
  OCI_MANIFEST,
} from "@eras/oci-spec/image/media-types.ts";
import { parseDocument } from "@eras/oci-spec/image/parse-document.ts";
import { formatReference, type Reference } from "@eras/oci-spec/reference.ts";
import type { Repository } from "./client.ts";
import type { Answer } from "./http.ts";
import { refusalOf } from "./registry-error.ts";

const ACCEPT = [DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_MANIFEST, OCI_INDEX, "*/*"].join(", ");
/** No manifest is longer: docker/distribution's maxManifestBodySize. */
const MAX_MANIFEST_BYTES = 4 << 20;
/** Registries give 100 tags or more at a time. */
const MAX_TAG_PAGES = 1000;
const DIGEST_HEADER = "docker-content-digest";

/** A document as it came, and what points to it. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/**
 * Finds out what a tag or a digest stands for.
 *
 * @throws {NotFound} When there is no such image; {NotImplemented} when it is of Docker's schema 1; {FailedPrecondition} when the registry
 * answers for another digest.
 */
export async function resolveManifest(repository: Repository, reference: Reference): Promise<Descriptor> {
  const target = `manifests/${wanted(reference)}`;
  const answer = await repository
    .askAgain({ method: "HEAD", target, headers: { accept: ACCEPT } })
    .catch((error: unknown) => (refusalOf(error) ? undefined : Promise.reject(error)));
  // An answer to HEAD has no words: what is refused is asked for once more, to hear why.
  if (answer === undefined) return (await fetchByName(repository, reference, { isLastTry: true })).descriptor;
  answer.drop();
  const digest = answer.headers[DIGEST_HEADER];
  const { contentLength } = answer;
  // Neither header is an obligation: then the document itself tells.
  if (typeof digest !== "string" || !isDigest(digest) || contentLength === undefined)
    return (await fetchByName(repository, reference)).descriptor;
  if (reference.digest !== undefined && digest !== reference.digest)
    throw new FailedPrecondition(`Cannot resolve ${formatReference(reference)}: the registry answers for ${digest}`);
  return { mediaType: manifestType(answer, reference), digest, size: contentLength };
}

async function fetchByName(
  repository: Repository,
  reference: Reference,
  { isLastTry = false } = {},
): Promise<FetchedManifest> {
  const request = { method: "GET", target: `manifests/${wanted(reference)}`, headers: { accept: ACCEPT } } as const;
  const answer = await (isLastTry ? repository.ask(request) : repository.askAgain(request));
  const mediaType = manifestType(answer, reference);
  const bytes = await answer.bytes(MAX_MANIFEST_BYTES);
  if (reference.digest !== undefined) verify(bytes, { digest: reference.digest });
  return { descriptor: { mediaType, digest: reference.digest ?? sha256(bytes), size: bytes.length }, bytes };
}

/** Of a tag and a digest the digest counts. */
function wanted({ tag, digest }: Reference): string {
  if (digest !== undefined) return digest;
  if (tag === undefined) throw new InvalidArgument("Cannot ask a registry for an image without tag and digest");
  return tag;
}

function manifestType({ headers }: Answer, reference: Reference): string {
  const [mediaType = ""] = (headers["content-type"] ?? "").split(";", 1);
  if (DOCKER_SCHEMA1_MANIFESTS.includes(mediaType))
    throw new NotImplemented(`Cannot use ${formatReference(reference)}: it is an image of Docker's schema 1`);
  if (!isManifestType(mediaType) && !isIndexType(mediaType))
    throw new InvalidArgument(
      `Cannot use ${formatReference(reference)}: ${JSON.stringify(mediaType)} is no type of image`,
    );
  return mediaType;
}

/**
 * Fetches the document that a descriptor points to.
 *
 * @param descriptor - With a size, the document must have it.
 * @throws {FailedPrecondition} When the registry sends something else.
 */
export async function fetchManifest(
  repository: Repository,
  descriptor: Omit<Descriptor, "size"> & { readonly size?: number },
): Promise<Buffer> {
  const { digest, mediaType, size = 0 } = descriptor;
  if (size > MAX_MANIFEST_BYTES)
    throw new InvalidArgument(`Cannot fetch manifest ${digest}: ${size} bytes are more than ${MAX_MANIFEST_BYTES}`);
  const headers = { accept: `${mediaType}, */*` };
  const answer = await repository.askAgain({ method: "GET", target: `manifests/${digest}`, headers });
  const bytes = await answer.bytes(MAX_MANIFEST_BYTES);
  verify(bytes, descriptor);
  return bytes;
}

function verify(bytes: Buffer, expected: { readonly digest: Digest; readonly size?: number }): void {
  const verifier = new Verifier(expected);
  verifier.update(bytes);
  verifier.finish();
}

/** All tags of a repository. @throws {NotFound} When there is no such repository; {FailedPrecondition} when it never ends to tell. */
export async function listTags(repository: Repository): Promise<string[]> {
  const tags: string[] = [];
  let target: string | URL | undefined = "tags/list";
  for (let page = 0; target !== undefined; page++) {
    if (page === MAX_TAG_PAGES)
      throw new FailedPrecondition(`Cannot list the tags of ${repository.name}: there are too many`);
    const answer: Answer = await repository.askAgain({ method: "GET", target });
    const document = parseDocument(await answer.bytes(MAX_MANIFEST_BYTES), "list of tags");
    tags.push(...(validate(tagList, document, "list of tags").value.tags ?? []));
    target = nextPage(answer);
  }
  return tags;
}

const tagList = object<{ readonly tags?: readonly string[] }>({}, { tags: list(string) });

/** `Link: </v2/web/tags/list?last=b&n=2>; rel="next"`: RFC 8288. */
function nextPage({ headers, url }: Answer): URL | undefined {
  const [, next] = /^<([^>]+)>;\s*rel="?next"?/.exec(String(headers.link ?? "")) ?? [];
  return next === undefined ? undefined : new URL(next, url);
}

/** Whether the repository has a manifest, under this tag if one is given. */
export async function hasManifest(repository: Repository, { digest }: Descriptor, tag?: string): Promise<boolean> {
  const request = { method: "HEAD", target: `manifests/${tag ?? digest}`, headers: { accept: ACCEPT } } as const;
  const answer = await repository.askAgain(request, ({ status }) => status === 200 || status === 404);
  answer.drop();
  return answer.status === 200 && answer.headers[DIGEST_HEADER] === digest;
}

/**
 * Puts a manifest into the repository, which has all that it points to.
 *
 * @param tag - Its name, beside its digest.
 * @throws {FailedPrecondition} When the registry has stored something else.
 */
export async function putManifest(
  repository: Repository,
  { digest, mediaType }: Descriptor,
  bytes: Buffer,
  tag?: string,
): Promise<void> {
  const headers = { "content-type": mediaType, "content-length": String(bytes.length) };
  const target = `manifests/${tag ?? digest}`;
  const answer = await repository.askAgain({ method: "PUT", target, headers, body: () => bytes });
  answer.drop();
  const stored = answer.headers[DIGEST_HEADER];
  if (stored !== undefined && stored !== digest)
    throw new FailedPrecondition(`Cannot push ${digest}: the registry has stored ${stored}`);
}
