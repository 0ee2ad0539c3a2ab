/**
 * The command line of a shim, in the words that containerd knows (shim v2):
 *
 *     containerd-shim-eras-v2 -namespace NS -address SOCKET -publish-binary EXE -id ID [-debug] start     prints where it listens
 *     containerd-shim-eras-v2 -namespace NS -address SOCKET -publish-binary EXE -id ID -bundle DIR delete  cleans up after a dead shim
 *
 * containerd has no word for `-group`. Who wants it makes a runtime of it, a script by the name of a shim in containerd's PATH:
 *
 *     containerd-shim-pods-v1:  exec containerd-shim-eras-v2 -group example.org/pod "$@"       the runtime io.containerd.pods.v1
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/runtime/v2/README.md
 */

export interface Options {
  readonly namespace: string;
  /** Of the container; of a group of containers, the first one's. */
  readonly id: string;
  /** containerd's socket. */
  readonly address: string;
  /** containerd itself, which older versions want to be called with events. */
  readonly publishBinary: string;
  /** The container's directory; ours, if it isn't told. */
  readonly bundle: string;
  /** The annotation by which containers share a shim; the usual ones, if it isn't told. */
  readonly group: string | undefined;
  readonly debug: boolean;
  readonly action: "start" | "delete";
}

export const USAGE = `usage: containerd-shim-eras-v2 -namespace NAME -address SOCKET -id ID [FLAG…] [start|delete]

Keeps the containers of one group for containerd: their standard streams, their exit statuses. containerd starts it;
there is little reason to do so by hand.

  -namespace NAME        containerd's namespace
  -address SOCKET        containerd's own socket
  -id ID                 the container
  -publish-binary FILE   containerd, to be called with events
  -bundle DIR            the container's directory (default: the working directory)
  -group LABEL           one shim for all containers that have the same value of this annotation
                         (default: io.containerd.runc.v2.group, else io.kubernetes.cri.sandbox-id)
  -debug                 write more to the log
  -v                     print the version

  start                  become a shim, unless the container's group has one, and print where it listens
  delete                 clean up after a shim that is dead`;

const FLAGS = ["namespace", "id", "address", "publish-binary", "bundle", "socket", "group"] as const;
type Flag = (typeof FLAGS)[number];

/** @returns The options, unless only help or the version is wanted. @throws {Error} When a flag is unknown or a needed one is missing. */
export function parseCommandLine(words: readonly string[]): Options | "help" | "version" {
  const values: Partial<Record<Flag, string>> = {};
  let debug = false;
  let action: Options["action"] | undefined;
  for (let i = 0; i < words.length; i++) {
    const [, name, inline] = /^--?([a-z-]+)(?:=(.*))?$/s.exec(words[i]!) ?? [];
    if (name === "help" || name === "h") return "help";
    if (name === "v") return "version";
    if (name === "debug") debug = true;
    else if (isFlag(name)) values[name] = inline ?? words[++i] ?? "";
    else if (words[i] === "start" || words[i] === "delete") action = words[i] as "start" | "delete";
    else throw new Error(`Cannot use "${words[i]}": see containerd-shim-eras-v2 -help`);
  }
  const { namespace, id, address = "", bundle = process.cwd(), "publish-binary": publishBinary = "", group } = values;
  if (!namespace) throw new Error("shim namespace cannot be empty");
  if (!id) throw new Error("Cannot serve a container without -id");
  if (!action) throw new Error("Cannot tell what to do: start or delete is missing");
  return { namespace, id, address, publishBinary, bundle, group, debug, action };
}

function isFlag(name: string | undefined): name is Flag {
  return (FLAGS as readonly (string | undefined)[]).includes(name);
}
