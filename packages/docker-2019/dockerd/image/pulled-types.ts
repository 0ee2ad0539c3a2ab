/**
 * What can be pulled as an image. Registries keep other things, too: plugins, charts of Helm, whatever people invent.
 *
 * @see https://github.com/moby/moby/blob/v20.10.24/distribution/registry.go
 */
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Manifest } from "@eras/oci-spec/image/manifest.ts";
import { isConfigType } from "@eras/oci-spec/image/media-types.ts";

const PLUGIN_CONFIG = "application/vnd.docker.plugin.v1+json";
/** What old registries have said of an image's config. */
const OLD_TYPES = new Set(["application/octet-stream", "application/json", "text/html", ""]);
const PREFIXES = ["application/vnd.oci.image.", "application/vnd.docker."];

/** Of a manifest of Docker's, whose config says what it is. @throws {Unknown} */
export function refuseOtherClasses({ config: { mediaType } }: Manifest): void {
  if (isConfigType(mediaType) || OLD_TYPES.has(mediaType)) return;
  const name = mediaType === PLUGIN_CONFIG ? "plugin" : "unknown";
  throw new Unknown(`Encountered remote ${JSON.stringify(mediaType)}(${name}) when fetching`);
}

/** @throws {InvalidArgument} `unsupported media type application/vnd.cncf.helm.config.v1+json` */
export function refuseOtherTypes(parts: readonly Descriptor[]): void {
  const isTaken = (type: string) => OLD_TYPES.has(type) || PREFIXES.some((prefix) => type.startsWith(prefix));
  const other = parts.find(({ mediaType }) => !isTaken(mediaType.toLowerCase()));
  if (other) throw new InvalidArgument(`unsupported media type ${other.mediaType}`);
}
