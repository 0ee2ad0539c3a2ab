/**
 * References: what people call images.
 *
 *     [domain/]path[:tag][@digest]
 *
 *     busybox                     docker.io / library/busybox
 *     moby/buildkit:v0.9          docker.io / moby/buildkit           v0.9
 *     localhost:5000/web          localhost:5000 / web
 *     ghcr.io/a/b@sha256:…        ghcr.io / a/b                       sha256:…
 *
 * The short, familiar form is for people: Docker Hub and its `library/` are left out. The long, normal form is what programs keep.
 * The first component is a domain if it has a dot or a colon, or is `localhost`; everything else lies on Docker Hub. The rules and the
 * words of refusal are those of Docker 19.03.
 *
 * @see https://github.com/docker/distribution/blob/v2.7.1/reference/reference.go
 */
import { type Digest, isDigest, parseDigest } from "./digest.ts";
import { InvalidArgument } from "./errdefs.ts";

/** An image, or with neither tag nor digest a repository, in the normal form. */
export interface Reference {
  /** `docker.io`, `localhost:5000` */
  readonly domain: string;
  /** `library/busybox` */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DOCKER_HUB = "docker.io";
/** An old name of it. */
const DOCKER_INDEX = "index.docker.io";
/** Where the images lie whose names have one component. */
const LIBRARY = "library/";
export const DEFAULT_TAG = "latest";

/** Characters of domain and path together. */
const NAME_MAX = 255;
const DOMAIN = /^[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*(?:\.[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*)*(?::[0-9]+)?$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
/** Wider than what is a digest in the end, which has messages of its own. */
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
/** An image ID, which might be taken for a name. */
const IDENTIFIER = /^[a-f0-9]{64}$/;

/**
 * Reads a reference, familiar or normal.
 *
 * @throws {InvalidArgument} In Docker's words: `invalid reference format`, `invalid reference format: repository name must be
 * lowercase`, `repository name must not be more than 255 characters`, and those of `parseDigest`.
 */
export function parseReference(text: string): Reference {
  if (IDENTIFIER.test(text))
    throw new InvalidArgument(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [domain, remainder] = splitDomain(text);
  const [lowercase] = remainder.split(":", 1);
  if (lowercase !== lowercase?.toLowerCase())
    throw new InvalidArgument("invalid reference format: repository name must be lowercase");
  const { path, tag, digest } = splitSuffixes(remainder);
  if (!DOMAIN.test(domain) || !isPath(path) || !isTag(tag) || (digest !== undefined && !DIGEST.test(digest)))
    throw new InvalidArgument("invalid reference format");
  if (domain.length + 1 + path.length > NAME_MAX)
    throw new InvalidArgument(`repository name must not be more than ${NAME_MAX} characters`);
  return reference({ domain, path }, tag, digest === undefined ? undefined : parseDigest(digest));
}

/** What may name an image on a command line: a reference, a digest, or all 64 digits of an ID, which is one. */
export function parseAnyReference(text: string): Reference | Digest {
  if (IDENTIFIER.test(text)) return `sha256:${text}`;
  return isDigest(text) ? text : parseReference(text);
}

/** @returns Domain and the rest, both as in the normal form. */
function splitDomain(text: string): readonly [domain: string, remainder: string] {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const isDomain = /[.:]/.test(first) || first === "localhost";
  const [domain, remainder] = isDomain ? [first, text.slice(slash + 1)] : [DOCKER_HUB, text];
  if (domain !== DOCKER_HUB && domain !== DOCKER_INDEX) return [domain, remainder];
  return [DOCKER_HUB, remainder.includes("/") ? remainder : LIBRARY + remainder];
}

interface Parts {
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** A path has neither `@` nor `:`, and a tag no `@`, so that what follows the first of each is known. */
function splitSuffixes(remainder: string): Parts {
  const [named, digest] = cut(remainder, "@");
  const [path, tag] = cut(named, ":");
  return { path, tag, digest };
}

function cut(text: string, separator: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function isPath(path: string): boolean {
  return path.split("/").every((component) => PATH_COMPONENT.test(component));
}

function isTag(tag: string | undefined): boolean {
  return tag === undefined || TAG.test(tag);
}

/** Members that aren't there are left out, so that equal references are equal objects. */
function reference({ domain, path }: Reference, tag: string | undefined, digest: Digest | undefined): Reference {
  return { domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** The reference itself if it has a tag or a digest, else with the tag `latest`. */
export function withDefaultTag(ref: Reference): Reference {
  return ref.tag === undefined && ref.digest === undefined ? { ...ref, tag: DEFAULT_TAG } : ref;
}

/** The same repository, with this tag alone. @throws {InvalidArgument} `invalid tag format` */
export function withTag({ domain, path }: Reference, tag: string): Reference {
  if (!isTag(tag)) throw new InvalidArgument("invalid tag format");
  return { domain, path, tag };
}

/** The same repository, with this digest alone. */
export function withDigest({ domain, path }: Reference, digest: Digest): Reference {
  return { domain, path, digest };
}

/** The normal form: `docker.io/library/busybox:latest`. */
export function formatReference(ref: Reference): string {
  return repositoryName(ref) + suffixes(ref);
}

/**
 * The form for people: `busybox:latest`. Docker has it ambiguous: of `docker.io/a.b/c` it is `a.b/c`, which is read as another, so
 * programs keep the normal form.
 */
export function familiarReference(ref: Reference): string {
  return familiarName(ref) + suffixes(ref);
}

/** Without tag and digest: `docker.io/library/busybox`. */
export function repositoryName({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** Without tag and digest, for people: `busybox`. */
export function familiarName(ref: Reference): string {
  if (ref.domain !== DOCKER_HUB) return repositoryName(ref);
  const inLibrary = ref.path.startsWith(LIBRARY) && !ref.path.includes("/", LIBRARY.length);
  return inLibrary ? ref.path.slice(LIBRARY.length) : ref.path;
}

function suffixes({ tag, digest }: Reference): string {
  return (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}
