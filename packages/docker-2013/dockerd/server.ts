/**
 * The server object: what the daemon can be asked to do, as methods. A command is a method called `CmdXxx` and nothing else; each lives in
 * a file of commands/.
 */
import { commandNames, type Service } from "../rcli/service.ts";
import type { WindowSizes } from "../rcli/window-size.ts";
import { CmdAttach } from "./commands/attach.ts";
import { CmdCommit } from "./commands/commit.ts";
import { CmdDiff } from "./commands/diff.ts";
import { CmdCat, CmdLs, CmdWrite } from "./commands/files.ts";
import { CmdCp, CmdImages, CmdLayers, CmdRmi } from "./commands/images.ts";
import { CmdInfo } from "./commands/info.ts";
import { CmdInspect } from "./commands/inspect.ts";
import { CmdLogs } from "./commands/logs.ts";
import { CmdDebug, CmdMirror } from "./commands/mirror.ts";
import { CmdMount, CmdUmount } from "./commands/mount.ts";
import { CmdPs } from "./commands/ps.ts";
import { CmdPull, CmdPut } from "./commands/pull.ts";
import { CmdReset } from "./commands/reset.ts";
import { CmdRm } from "./commands/rm.ts";
import { CmdRun } from "./commands/run.ts";
import { CmdKill, CmdRestart, CmdStart, CmdStop, CmdWait } from "./commands/stop.ts";
import { CmdTar } from "./commands/tar.ts";
import { CmdWeb } from "./commands/web.ts";
import type { Containers } from "./containers.ts";
import type { ImageStore } from "./images/store.ts";

/** The commands that `help` explains, in the original's order; then those that it left unsaid, with the ones of February 2013. */
const COMMANDS: Readonly<Record<string, string>> = {
  run: "Run a command in a new container",
  ps: "List containers",
  pull: "Fetch an image from a URL",
  put: "Make an image of a tar on stdin",
  rm: "Remove containers",
  wait: "Wait for containers to end, print their exit codes",
  stop: "Stop running containers",
  logs: "Show what a container has printed",
  diff: "List what a container changed in its files",
  commit: "Make an image of a container's changes",
  attach: "Connect to a running container's streams",
  info: "Count images and containers",
  tar: "Write a container's files as a tar",
  web: "Write the page of the web interface",
  images: "List images",
  rmi: "Forget an image's name",
  cp: "Give an image another name",
  inspect: "Show a container or image as JSON",
  start: "Start stopped containers",
  restart: "Stop and start containers",
  kill: "End running containers at once",
};

const NAME_WIDTH = 10;

export class Server implements Service {
  readonly name = "docker";
  readonly containers: Containers;
  readonly images: ImageStore;
  readonly windowSizes: WindowSizes;

  /** host:port, for `web -u`. */
  readonly httpAddress: string;

  constructor(containers: Containers, images: ImageStore, windowSizes: WindowSizes, httpAddress: string) {
    this.containers = containers;
    this.images = images;
    this.windowSizes = windowSizes;
    this.httpAddress = httpAddress;
  }

  CmdAttach = CmdAttach;
  CmdCat = CmdCat;
  CmdCommit = CmdCommit;
  CmdCp = CmdCp;
  CmdDebug = CmdDebug;
  CmdDiff = CmdDiff;
  CmdImages = CmdImages;
  CmdInfo = CmdInfo;
  CmdInspect = CmdInspect;
  CmdKill = CmdKill;
  CmdLayers = CmdLayers;
  CmdLogs = CmdLogs;
  CmdLs = CmdLs;
  CmdMirror = CmdMirror;
  CmdMount = CmdMount;
  CmdPs = CmdPs;
  CmdPull = CmdPull;
  CmdPut = CmdPut;
  CmdReset = CmdReset;
  CmdRestart = CmdRestart;
  CmdRm = CmdRm;
  CmdRmi = CmdRmi;
  CmdRun = CmdRun;
  CmdStart = CmdStart;
  CmdStop = CmdStop;
  CmdTar = CmdTar;
  CmdUmount = CmdUmount;
  CmdWait = CmdWait;
  CmdWeb = CmdWeb;
  CmdWrite = CmdWrite;

  /** Commands without a line of their own, debugging aids and new ones, are named at the end. */
  help(): string {
    const lines = Object.entries(COMMANDS).map(([name, text]) => `    ${name.padEnd(NAME_WIDTH)}${text}\n`);
    const others = commandNames(this).filter((name) => !(name in COMMANDS));
    return `Usage: docker COMMAND [arg...]

A self-sufficient runtime for linux containers.

Commands:
${lines.join("")}
Also: ${others.join(" ")}. "docker help COMMAND" tells more of each.
`;
  }
}
