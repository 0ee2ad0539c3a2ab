/** Has the daemon pull an image. */
import { familiarName, type Reference } from "@eras/oci-spec/reference.ts";
import type { AuthConfig } from "../../engine-api/auth.ts";
import type { ProgressMessage } from "../../engine-api/progress-message.ts";
import { step } from "../../step.ts";
import { readJsonLines } from "../api-client.ts";
import { serverOf } from "../credentials/registry-server.ts";
import { STDERR, STDOUT } from "../output/print.ts";
import { showProgress } from "../output/progress.ts";
import type { Session } from "../session.ts";

export interface PullOptions {
  readonly platform?: string | undefined;
  /** Where progress is shown. */
  readonly output: "stdout" | "stderr" | "none";
}

/** @param reference - With a tag or a digest; without either, all tags. @throws {Error} When the daemon or the registry can't. */
export async function pullImage(
  docker: Session,
  reference: Reference,
  { platform, output }: PullOptions,
): Promise<void> {
  step("docker.pull-image", { name: familiarName(reference) });
  const message = await docker.api.open("POST", "/images/create", {
    query: {
      fromImage: familiarName(reference),
      tag: reference.digest ?? reference.tag,
      platform: platform || undefined,
    },
    headers: await registryAuth(docker, reference),
  });
  const messages = readJsonLines<ProgressMessage>(message);
  if (output !== "none") return showProgress(messages, output === "stdout" ? STDOUT : STDERR);
  for await (const { errorDetail } of messages) if (errorDetail) throw new Error(errorDetail.message);
}

/** Who one is to the image's registry, as the daemon wants to be told. */
export async function registryAuth(docker: Session, reference: Reference): Promise<Record<string, string>> {
  const { credentialStore, storedAuth } = await import("../credentials/credential-store.ts");
  const server = serverOf(reference);
  return { "X-Registry-Auth": encodeAuth(storedAuth(credentialStore(docker.config, server), server)) };
}

/** @see https://docs.docker.com/engine/api/v1.40/#section/Authentication */
function encodeAuth(auth: AuthConfig): string {
  return Buffer.from(JSON.stringify(auth)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
