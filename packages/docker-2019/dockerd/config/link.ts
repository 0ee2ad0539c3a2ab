/** `--link NAME:ALIAS`: the container that another one is to know, and by which further name. */
import { posix } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

export interface ParsedLink {
  /** A container's name or id. */
  readonly target: string;
  readonly alias: string;
}

/** @param text - `web:db`, `web`; as `docker inspect` shows it, `/web:/app/db`. @throws {InvalidArgument} */
export function parseLink(text: string): ParsedLink {
  if (text === "") throw new InvalidArgument("empty string specified for links");
  const [target = "", alias = target, more] = text.split(":");
  if (more !== undefined) throw new InvalidArgument(`bad format for links: ${text}`);
  return target.startsWith("/") ? { target: target.slice(1), alias: posix.basename(alias) } : { target, alias };
}

export function formatLink({ target, alias }: ParsedLink): string {
  return `${target}:${alias}`;
}
