/** Creates a container, and pulls its image before if need be. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import type { ContainerCreateResponse } from "../../engine-api/container.ts";
import type { ContainerCreateRequest } from "../../engine-api/container-config.ts";
import { step } from "../../step.ts";
import { DaemonError } from "../api-client.ts";
import { errorText } from "../error-text.ts";
import { refuseContentTrust } from "../image/content-trust.ts";
import { printError } from "../output/print.ts";
import type { Session } from "../session.ts";
import type { CreateFlags } from "./create-flags.ts";
import { createRequest } from "./create-request.ts";
import { proxyVariables } from "./proxy-variables.ts";
import { warningsOf } from "./warnings.ts";

export interface CreatedContainer {
  readonly id: string;
  readonly request: ContainerCreateRequest;
}

/**
 * @param change - What the command makes of the request before it is sent.
 * @throws {DaemonError} What the daemon has against it.
 */
export async function createContainer(
  docker: Session,
  flags: CreateFlags,
  [image = "", ...command]: readonly string[],
  change: (request: ContainerCreateRequest) => ContainerCreateRequest = (request) => request,
): Promise<CreatedContainer> {
  refuseContentTrust(flags);
  if (!USUAL_NAME.test(image)) await checkName(image);
  if (flags.platform) await checkPlatform(flags.platform);
  const request = change(withProxies(docker, flags, requestOf(flags, image, command)));
  for (const warning of warningsOf(request.HostConfig ?? {})) printError(`WARNING: ${warning}`);
  const idFile = new IdFile(flags.cidfile);
  if (flags.pull === "always") await pull(docker, image, flags);
  const { Id, Warnings } = await requestCreate(docker, flags, request).catch(async (error: unknown) => {
    if (!isMissingImage(error) || flags.pull !== "missing") throw error;
    await pull(docker, image, flags);
    return requestCreate(docker, flags, request);
  });
  for (const warning of Warnings ?? []) printError(`WARNING: ${warning}`);
  idFile.write(Id);
  return { id: Id, request };
}

function requestCreate(
  { api }: Session,
  { name, platform }: CreateFlags,
  request: ContainerCreateRequest,
): Promise<ContainerCreateResponse> {
  step("docker.create-container", { image: request.Image });
  return api.post("/containers/create", { query: { name: name || undefined, platform }, json: request });
}

/** Flags that can be read, but make no request. */
export class UnfitFlags extends Error {
  override readonly name = "UnfitFlags";
}

function requestOf(flags: CreateFlags, image: string, command: readonly string[]): ContainerCreateRequest {
  try {
    return createRequest(flags, image, command);
  } catch (cause) {
    throw new UnfitFlags(errorText(cause), { cause });
  }
}

/** What is certainly a name, so that nothing need be loaded to read it. */
const USUAL_NAME = /^[a-z0-9]+([./-][a-z0-9]+)*(:[\w.]+)?$/;

/** @throws {Error} Before the daemon is asked, as Docker's own client does. */
async function checkName(image: string): Promise<void> {
  const { parseAnyReference } = await import("@eras/oci-spec/reference.ts");
  parseAnyReference(image);
}

/** @throws {Error} Also where no image has to be pulled for it. */
async function checkPlatform(text: string): Promise<void> {
  const { parsePlatform } = await import("@eras/oci-spec/platform.ts");
  try {
    parsePlatform(text);
  } catch (cause) {
    throw new Error(`error parsing specified platform: ${(cause as Error).message}`, { cause });
  }
}

/** What the user says of proxies in general, unless the command line says another thing. */
function withProxies(
  { api, config }: Session,
  { env }: CreateFlags,
  request: ContainerCreateRequest,
): ContainerCreateRequest {
  if (!config.content.proxies) return request;
  return { ...request, Env: [...(request.Env ?? []), ...proxyVariables(config.content, api.endpoint.url, env)] };
}

function isMissingImage(error: unknown): boolean {
  return error instanceof DaemonError && error.status === 404 && error.reason.startsWith("No such image");
}

/** Progress goes to stderr: stdout is the container's. */
async function pull(docker: Session, image: string, { platform, pull: when }: CreateFlags): Promise<void> {
  const [{ pullImage }, { familiarReference, parseReference, withDefaultTag }] = await Promise.all([
    import("./pull.ts"),
    import("@eras/oci-spec/reference.ts"),
  ]);
  const reference = withDefaultTag(parseReference(image));
  if (when === "missing") printError(`Unable to find image '${familiarReference(reference)}' locally`);
  await pullImage(docker, reference, { platform, output: "stderr" });
}

/** `--cidfile`: it must not be there yet, and has nothing in it unless there is a container. */
class IdFile {
  readonly #path: string | undefined;

  /** @throws {Error} When it is there. */
  constructor(path: string | undefined) {
    this.#path = path;
    if (path === undefined) return;
    if (existsSync(path))
      throw new Error(`container ID file found, make sure the other container isn't running or delete ${path}`);
    writeFileSync(path, ""); // may fail now, not when the container is there
    rmSync(path);
  }

  write(id: string): void {
    if (this.#path !== undefined) writeFileSync(this.#path, id);
  }
}
