/** `docker run`: makes a new container and runs a command in it. */
import type { Readable, Writable } from "node:stream";
import { isErrno } from "@eras/linux/errno.ts";
import { findProgram } from "@eras/linux/exec.ts";
import { subcmd } from "../../rcli/flag.ts";
import { step } from "../../step.ts";
import type { Image } from "../images/image.ts";
import type { Server } from "../server.ts";

const DEFAULT_IMAGE = "base";

export async function CmdRun(this: Server, stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  step("dockerd.run", { args });
  const flags = subcmd(stdout, "run", "[OPTIONS] IMAGE COMMAND [ARG...]", "Run a command in a new container");
  const openStdin = flags.bool("i", false, "Keep stdin open even if not attached");
  const tty = flags.bool("t", false, "Allocate a pseudo-tty");
  const attach = flags.bool("a", false, "Attach stdin and stdout");
  const comment = flags.string("c", "", "Comment");
  if (!flags.parse(args)) return;

  const [name = "", ...words] = flags.args;
  const image = this.images.index.find(name || DEFAULT_IMAGE);
  if (!image) throw new Error(`No such image: ${name || DEFAULT_IMAGE}`);
  if (words.length === 0) {
    openStdin.value = true;
    tty.value = true;
    attach.value = true;
  }
  // Not of January: who sits at a terminal and asks for one in the container wants to be in it, -a or not.
  if (openStdin.value && tty.value && this.windowSizes.has(stdout)) attach.value = true;
  const [path, ...commandArgs] =
    words.length > 0 ? words : defaultCommand(image, this.windowSizes.has(stdout) ? stdout : undefined);

  const container = this.containers.create({
    path: path!,
    args: commandArgs,
    layers: image.Layers,
    config: { Ram: 0, Tty: tty.value, OpenStdin: openStdin.value },
    userData: { image: image.Id, comment: comment.value },
  });
  const outputs = attach.value ? [container.stdout.sendTo(stdout), container.stderr.sendTo(stdout)] : [];
  try {
    container.start();
    if (!attach.value) container.save({ durable: true }); // from here on somebody knows of it
  } catch (error) {
    await this.containers.destroy(container);
    throw error;
  }
  if (!attach.value) return void stdout.write(`${container.Id}\n`);
  if (container.Config.Tty) this.windowSizes.follow(stdout, (size) => container.resize(size));
  if (container.stdin) feed(stdin, container.stdin);
  await Promise.all(outputs);
  await container.wait();
}

/** Copies the client's stdin to the container, and ends the container's when the client's ends or breaks off. */
function feed(stdin: Readable, input: Writable): void {
  stdin.pipe(input);
  stdin.once("close", () => input.end());
}

/** A shell: bash, as the original had it, or sh for an image without. A person at a terminal is told which. */
function defaultCommand(image: Image, terminal: Writable | undefined): string[] {
  if (image.Layers.some(hasBash)) return ["/bin/bash", "-i"];
  terminal?.write("The image has no /bin/bash: this is /bin/sh -i\r\n");
  return ["/bin/sh", "-i"];
}

function hasBash(layer: string): boolean {
  return ["/bin/bash", "/usr/bin/bash"].some((path) => {
    try {
      return findProgram(path, "", layer) !== "";
    } catch (error) {
      if (isErrno(error, "ENOENT", "EACCES")) return false;
      throw error;
    }
  });
}
