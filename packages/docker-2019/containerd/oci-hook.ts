/**
 * `containerd oci-hook`: a hook of a container becomes a program with the container's own words in its command line and environment.
 *
 *     "hooks": { "prestart": [{ "path": "/usr/bin/containerd", "args": ["containerd", "oci-hook", "--", "/sbin/net", "--pid", "{{pid}}"] }] }
 *
 *     {{id}} {{pid}} {{status}} {{bundle}}     of the state, which the runtime gives a hook on standard input
 *     {{rootfs}}                               of the bundle's config.json
 *     {{annotation "org.example.key"}}         nothing, where there is none
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execve, restoreInheritedState } from "@eras/linux/exec.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { State } from "@eras/oci-spec/runtime/state.ts";

const STDIN = 0;

/** @param args - The program's path first. @throws {InvalidArgument} For words that there aren't. */
export function ociHook(args: readonly string[]): never {
  const words = wordsOf(JSON.parse(readFileSync(STDIN, "utf8")) as State);
  const [path = "", ...others] = args.map((arg) => render(arg, words));
  const env = Object.entries(process.env).map(([name, value]) => [name, value && render(value, words)] as const);
  restoreInheritedState();
  return execve(path, [path, ...others], Object.fromEntries(env));
}

type Words = Readonly<Record<string, (argument: string) => string>>;

function wordsOf({ id, pid = 0, status, bundle, annotations = {} }: State): Words {
  const rootfs = () => {
    const { root } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as { root?: { path: string } };
    return resolve(bundle, root?.path ?? "");
  };
  return {
    id: () => id,
    pid: () => String(pid),
    status: () => status,
    bundle: () => bundle,
    rootfs,
    annotation: (key) => annotations[key] ?? "",
  };
}

/** @throws {InvalidArgument} */
function render(text: string, words: Words): string {
  return text.replace(/\{\{\s*(\w+)(?:\s+"([^"]*)")?\s*\}\}/g, (_, name: string, argument = "") => {
    const word = Object.hasOwn(words, name) ? words[name] : undefined;
    if (word === undefined)
      throw new InvalidArgument(`Cannot use {{${name}}} in a hook: use ${Object.keys(words).join(", ")}`);
    return word(argument);
  });
}
