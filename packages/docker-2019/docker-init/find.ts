/**
 * docker-init: a program of a few hundred lines of C, by its own name tini, that is PID 1 of a container started with `--init`.
 *
 *     1  /sbin/docker-init -- sh      reaps whoever loses its parent, hands signals on, ends as its child ends
 *     └─ 7  sh                        the container's command: an ordinary process, whose signals do what they usually do
 *
 * PID 1 has two duties that no other process has: orphans become its children, and the kernel ignores signals for which it has no handler.
 * Most programs know neither.
 *
 * It is bound into root file systems that have no library, so it must be static. A Node can't be: this is the one program that is not ours,
 * here as in the original, which also took tini as it was.
 *
 * @see https://github.com/krallin/tini
 */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { isStatic } from "@eras/linux/elf.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { fetchFromPackage } from "./debian-package.ts";

/** Debian's docker.io links the first to the second; the third is static where people have put it themselves. */
const NAMES = ["docker-init", "tini-static", "tini"];
const PACKAGE = { name: "tini", file: "usr/bin/tini-static" } as const;

export interface InitOptions {
  /** `--init-path`: a path, or a name to look up. It is taken at its word. */
  readonly initPath?: string;
  /** The daemon's: what is fetched stays there. */
  readonly dataRoot: string;
  /** Where to look: `PATH`. */
  readonly path?: string;
  /** Tells a person what takes so long, in one line. */
  readonly tell: (line: string) => void;
}

const underWay = new Map<string, Promise<string>>();

/**
 * The program for PID 1: the host's, else the one of an earlier time, else Debian's.
 *
 * @returns Its path.
 * @throws {Unavailable} When there is none to be had.
 */
export async function findInit(options: InitOptions): Promise<string> {
  const { initPath, path = process.env.PATH ?? "" } = options;
  if (initPath) return givenInit(initPath, path);
  const there = initAtHand(options);
  if (there !== undefined) return there;
  const fetched = fetchedInit(options.dataRoot);
  // two containers that start together fetch it once
  const fetching = underWay.get(fetched) ?? fetchInit(fetched, options).finally(() => underWay.delete(fetched));
  underWay.set(fetched, fetching);
  return fetching;
}

/** The program if nothing need be fetched for it. */
export function initAtHand({ dataRoot, path = process.env.PATH ?? "" }: Omit<InitOptions, "tell">): string | undefined {
  const fetched = fetchedInit(dataRoot);
  return hostInit(path) ?? (existsSync(fetched) ? fetched : undefined);
}

const fetchedInit = (dataRoot: string) => join(dataRoot, "docker-init/tini-static");

function givenInit(initPath: string, path: string): string {
  const found = isAbsolute(initPath) ? [initPath] : pathsOf(initPath, path);
  const program = found.find(isExecutable);
  if (program === undefined)
    throw new Unavailable(`exec: ${JSON.stringify(initPath)}: executable file not found in $PATH`);
  return program;
}

/** The first static one, by name before by directory. */
function hostInit(path: string): string | undefined {
  return NAMES.flatMap((name) => pathsOf(name, path)).find(
    (file) => isExecutable(file) && isStatic(readFileSync(file)),
  );
}

function pathsOf(name: string, path: string): string[] {
  return path
    .split(delimiter)
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, name));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // it isn't there, or isn't a program: somebody else's may be
  }
}

async function fetchInit(target: string, { tell }: InitOptions): Promise<string> {
  tell(`fetching docker-init: Debian's package ${PACKAGE.name}`);
  try {
    await fetchFromPackage(PACKAGE.name, PACKAGE.file, target);
  } catch (cause) {
    throw new Unavailable(
      `Cannot get a static docker-init: ${(cause as Error).message} (remedy: apt-get install ${PACKAGE.name})`,
      { cause },
    );
  }
  return target;
}
