/**
 * Images as they were before 1.10: one JSON a layer, each with the ID of the one below, and IDs that were made by chance. An image of today is made of
 * one as the original makes it, byte by byte, so that everybody who loads it has it under the same ID.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/image/v1/imagev1.go
 */

import { list, object, text } from "@eras/oci-spec/check.ts";
import type { Digest } from "@eras/oci-spec/digest.ts";
import { validate } from "@eras/oci-spec/findings.ts";
import type { History } from "@eras/oci-spec/image/config.ts";
import { parseDocument } from "@eras/oci-spec/image/parse-document.ts";
import { compareVersions } from "../../engine-api/api-version.ts";
import type { ContainerConfig } from "../../engine-api/container-config.ts";
import { goJson, sorted } from "../layer/go-json.ts";
import { GO_ZERO_TIME, goContainerConfig } from "./docker-image.ts";

/** `<id>/json` */
export interface V1Image {
  /** The ID of the image below. */
  readonly parent?: string;
  readonly comment?: string;
  readonly created?: string;
  readonly container?: string;
  readonly container_config?: ContainerConfig;
  readonly docker_version?: string;
  readonly author?: string;
  readonly config?: ContainerConfig | null;
  readonly architecture?: string;
  readonly variant?: string;
  readonly os?: string;
}

/** Dockers before it wrote members that no image has now. */
const FIRST_EXACT = "1.8.3";
/** They hold for the place that the image was in. */
const LEFT_OUT = ["id", "parent", "Size", "parent_id", "layer_id", "throwaway"];

/** What is looked at here. All else goes where it was. */
const checkRead = object<V1ImageRead>(
  {},
  {
    ...{ parent: text, comment: text, created: text, docker_version: text, author: text, os: text },
    container_config: object<{ readonly Cmd?: readonly string[] }>({}, { Cmd: list(text) }),
  },
);

type V1ImageRead = Pick<V1Image, "parent" | "comment" | "created" | "docker_version" | "author" | "os"> & {
  readonly container_config?: { readonly Cmd?: readonly string[] };
};

/** @throws {InvalidArgument} */
export function parseV1Image(json: Buffer): V1Image {
  validate(checkRead, parseDocument(json, "image JSON"), "image JSON"); // of a copy: the check takes nulls out
  return JSON.parse(json.toString()) as V1Image;
}

/** How its layer came about. */
export function historyOfV1({ created = GO_ZERO_TIME, author, container_config, comment }: V1Image): History {
  const by = container_config?.Cmd?.join(" ");
  return { created, ...(author && { author }), ...(by && { created_by: by }), ...(comment && { comment }) };
}

/** The JSON of today's image, with its layers from the bottom on, and their history. */
export function configOfV1(image: V1Image, diffIds: readonly Digest[], history: readonly History[]): Buffer {
  const isExact = image.docker_version !== undefined && compareVersions(image.docker_version, FIRST_EXACT) >= 0;
  const members = Object.entries(isExact ? image : known(image)).filter(([name]) => !LEFT_OUT.includes(name));
  const rootfs = { type: "layers", diff_ids: diffIds };
  return Buffer.from(goJson(sorted({ ...Object.fromEntries(members), rootfs, history })));
}

/** What an image may have, with the zeros that Go writes. */
function known({ config, container_config, created = GO_ZERO_TIME, ...image }: V1Image): V1Image {
  const { comment, container, docker_version, author, architecture, variant, os } = image;
  const texts = Object.entries({ comment, container, docker_version, author, architecture, variant, os });
  return {
    ...Object.fromEntries(texts.filter(([, text]) => text)),
    created,
    container_config: goContainerConfig(container_config ?? {}),
    ...(config && { config: goContainerConfig(config) }),
  };
}
