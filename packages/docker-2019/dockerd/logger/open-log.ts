/**
 * The log of a container that starts, or that is found running.
 *
 * @see https://docs.docker.com/config/containers/logging/json-file/
 */
import { hostname } from "node:os";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { Template } from "../../template/template.ts";
import { TemplateError } from "../../template/template-error.ts";
import type { Container } from "../container/container.ts";
import { sorted } from "../layer/go-json.ts";
import { JsonFileLog } from "./json-file.ts";
import { type LogAttributes, logAttributes } from "./log-attributes.ts";
import { rotationOptions } from "./rotation-options.ts";

const SHORT_ID = 12;

/** Undefined when none is kept. @throws {InvalidArgument} When its options make no sense, in the original's words. */
export function openLog(container: Container): JsonFileLog | undefined {
  const { Type, Config } = container.hostConfig.LogConfig ?? { Type: "", Config: null };
  if (Type === "none") return undefined;
  try {
    const rotation = rotationOptions(Config ?? {});
    const attributes = logAttributes(Config ?? {}, container.config);
    return new JsonFileLog(container.logPath, rotation, withTag(attributes, Config?.tag, container));
  } catch (cause) {
    if (!(cause instanceof InvalidArgument || cause instanceof TemplateError)) throw cause;
    throw new InvalidArgument(`failed to initialize logging driver: ${cause.message}`, { cause });
  }
}

/** `--log-opt tag={{.Name}}/{{.ID}}` */
function withTag(attributes: LogAttributes | undefined, template: string | undefined, container: Container) {
  const tag = template && new Template(template, { name: "log-tag", type: "*logger.Info" }).execute(tagged(container));
  return tag ? sorted({ ...attributes, tag }) : attributes;
}

/** What a tag may be made of. */
function tagged({ id, logPath, record, config, hostConfig }: Container): object {
  const { Path, Args, Created, Image, Name } = record;
  return {
    ID: id.slice(0, SHORT_ID),
    FullID: id,
    Name: Name.replace(/^\//, ""),
    ImageID: Image.slice(0, SHORT_ID),
    ImageFullID: Image,
    ImageName: config.Image,
    Command: [Path, ...Args].join(" "),
    Hostname: hostname(),
    Config: hostConfig.LogConfig?.Config ?? {},
    ContainerID: id,
    ContainerName: Name,
    ContainerEntrypoint: Path,
    ContainerArgs: Args,
    ContainerImageID: Image,
    ContainerImageName: config.Image,
    ContainerCreated: Created,
    ContainerEnv: config.Env ?? [],
    ContainerLabels: config.Labels ?? {},
    LogPath: logPath,
    DaemonName: "docker",
  };
}
