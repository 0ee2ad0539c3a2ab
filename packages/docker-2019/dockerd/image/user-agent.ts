/**
 * What dockerd says of itself to registries, and of the client that it asks for:
 *
 *     docker/19.03.0 node/v26.5.0 git-commit/docker-eras kernel/6.1.0 os/linux arch/amd64 UpstreamClient(Docker-Client/20.10.24 \(linux\))
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/dockerversion/useragent.go
 */
import { release } from "node:os";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import { REVISION, VERSION } from "../version.ts";

/** @param client - Its own User-Agent; empty if it has none. */
export function userAgent(client: string): string {
  const { os, architecture } = hostPlatform();
  const own = [`docker/${VERSION}`, `node/${process.version}`, `git-commit/${REVISION}`, `kernel/${release()}`];
  const upstream = client === "" ? [] : [`UpstreamClient(${client.replace(/[\\()]/g, "\\$&")})`];
  return [...own, `os/${os}`, `arch/${architecture}`, ...upstream].join(" ");
}
