/** What a registry is called where credentials are kept: its host and port; of Docker Hub, the address of its first API. */
import { type Reference, repositoryName } from "@eras/oci-spec/reference.ts";

export const HUB_SERVER = "https://index.docker.io/v1/";
const DOCKER_HUB = "docker.io";

/** Of the registry of an image. */
export function serverOf(reference: Reference): string {
  const [domain = ""] = repositoryName(reference).split("/", 1);
  return domain === DOCKER_HUB ? HUB_SERVER : domain;
}

/** Of what a user calls it: `https://registry.example:5000/v2/` is `registry.example:5000`. */
export function serverNamed(text: string): string {
  return text === "" || text === DOCKER_HUB || text === HUB_SERVER ? HUB_SERVER : hostOf(text);
}

export function hostOf(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\/.*$/s, "");
}
