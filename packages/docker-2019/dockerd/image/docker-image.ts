/**
 * An image as dockerd keeps it: OCI's image config, and what Docker adds to it. The digest of its bytes is the image's ID.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/image/image.go
 */
import { isUtf8 } from "node:buffer";
import { type Check, object, string } from "@eras/oci-spec/check.ts";
import type { Digest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { validate } from "@eras/oci-spec/findings.ts";
import { type ImageConfig, validateImageConfig } from "@eras/oci-spec/image/config.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import type { ContainerConfig } from "../../engine-api/container-config.ts";

/** What a container is made from, and how it came about. */
export interface DockerImage extends Omit<ImageConfig, "config"> {
  readonly config?: ContainerConfig;
  /** The container that it was committed from. */
  readonly container?: string;
  readonly container_config?: ContainerConfig;
  readonly docker_version?: string;
  readonly comment?: string;
}

type DockersOwn = Pick<DockerImage, "container" | "docker_version" | "comment"> & {
  readonly container_config?: object;
};

const dockersOwn: Check<DockersOwn> = object<DockersOwn>(
  {},
  { container: string, docker_version: string, comment: string, container_config: object<object>({}, {}) },
);

/**
 * Reads an image's JSON. An image that doesn't say so is for this machine: those of long ago didn't.
 *
 * @throws {InvalidArgument} `invalid image JSON, no RootFS key`, or what else is wrong with it.
 */
export function parseDockerImage(json: Uint8Array): DockerImage {
  const parsed = parseObject(json);
  if (parsed.rootfs === undefined || parsed.rootfs === null)
    throw new InvalidArgument("invalid image JSON, no RootFS key");
  const { os, architecture } = hostPlatform();
  const rootfs = { diff_ids: [], ...parsed.rootfs };
  const image = { ...parsed, rootfs, os: parsed.os || os, architecture: parsed.architecture || architecture };
  validate(dockersOwn, image, "image config");
  return validateImageConfig(image).value as DockerImage; // `config` has more members than OCI knows, which nobody has to believe
}

function parseObject(json: Uint8Array): Record<string, unknown> & { readonly rootfs?: object | null } {
  let parsed: unknown;
  if (!isUtf8(json)) throw new InvalidArgument("invalid image JSON: it is not UTF-8");
  try {
    parsed = JSON.parse(Buffer.from(json).toString());
  } catch (cause) {
    throw new InvalidArgument(`invalid image JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof parsed !== "object" || parsed === null) throw new InvalidArgument("invalid image JSON: it is no object");
  return parsed as Record<string, unknown>; // a list has no rootfs
}

/** When the image was made, in milliseconds since 1970; what doesn't say so was made in the year 1, Go's zero. */
export function createdMs({ created }: Pick<DockerImage, "created">): number {
  const ms = Date.parse(created ?? "");
  return Number.isNaN(ms) ? GO_ZERO_TIME_MS : ms;
}

export const GO_ZERO_TIME = "0001-01-01T00:00:00Z";
const GO_ZERO_TIME_MS = Date.parse(GO_ZERO_TIME);

/** 12 digits of an ID, for people. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}

/** A config with the zeros that Go writes, in its order. @see https://github.com/moby/moby/blob/v19.03.0/api/types/container/config.go */
export function goContainerConfig(config: ContainerConfig): ContainerConfig {
  const {
    Hostname = "",
    Domainname = "",
    User = "",
    AttachStdin = false,
    AttachStdout = false,
    AttachStderr = false,
  } = config;
  const {
    ExposedPorts,
    Tty = false,
    OpenStdin = false,
    StdinOnce = false,
    Env = null,
    Cmd = null,
    Healthcheck,
  } = config;
  const {
    ArgsEscaped,
    Image = "",
    Volumes = null,
    WorkingDir = "",
    Entrypoint = null,
    NetworkDisabled,
    MacAddress,
  } = config;
  const { OnBuild = null, Labels = null, StopSignal, StopTimeout, Shell } = config;
  return {
    ...{ Hostname, Domainname, User, AttachStdin, AttachStdout, AttachStderr },
    ...(ExposedPorts && Object.keys(ExposedPorts).length > 0 && { ExposedPorts }),
    ...{ Tty, OpenStdin, StdinOnce, Env, Cmd },
    ...(Healthcheck && { Healthcheck }),
    ...(ArgsEscaped && { ArgsEscaped }),
    ...{ Image, Volumes, WorkingDir, Entrypoint },
    ...(NetworkDisabled && { NetworkDisabled }),
    ...(MacAddress && { MacAddress }),
    ...{ OnBuild, Labels },
    ...(StopSignal && { StopSignal }),
    ...(typeof StopTimeout === "number" && { StopTimeout }),
    ...(Shell && Shell.length > 0 && { Shell }),
  };
}

/** DiffIDs, bottom layer first. */
export function diffIdsOf(image: DockerImage): readonly Digest[] {
  return image.rootfs.diff_ids;
}
