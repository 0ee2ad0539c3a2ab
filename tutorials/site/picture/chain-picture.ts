/** `{{picture docker}}`: client, host and registry, and what goes between the programs in them. */
import type { Language } from "../../book/chapter.ts";
import { recordedRun } from "../markdown/recorded.ts";
import { type Link, linksOf } from "./links.ts";
import { figureHtml, programHtml, zoneHtml } from "./parts-html.ts";

/** The run that fetches its image, from 19-21: the article's drawing has a registry in it. */
const RUN = "19-21 long.jsonl";

const CLIENT = "docker";
const REGISTRY = "registry";

const TEXTS = {
  en: {
    client: "Client",
    host: "Host",
    registry: "Registry",
    start: "starts it",
    caption: "Drawn from the recorded run of chapter 19-21 that fetches its image. A number is the order in which each first turned to the next; beside it what was spoken, and how often.",
  },
  zh: {
    client: "客户端",
    host: "宿主机",
    registry: "镜像仓库",
    start: "启动",
    caption: "根据第 19-21 章中需要拉取镜像的那次录下的运行画成。编号是各自第一次找下一个的先后；旁边是所说的协议和次数。",
  },
} as const; // biome-ignore format: sentences

const PROTOCOLS: Readonly<Record<string, string>> = { http: "HTTP", grpc: "gRPC", ttrpc: "ttrpc" };

/** @throws {Error} When the run is not one of a client, a host and a registry. */
export function chainPicture(language: Language): string {
  const text = TEXTS[language];
  const links = linksOf(recordedRun(RUN).events);
  const number = (link: Link) => links.indexOf(link) + 1;
  const arrow = (link: Link) =>
    `<span class="arrow" data-link="${link.from} ${link.to}"><i>${number(link)}</i> ${PROTOCOLS[link.how] ?? text.start}${times(link)}</span>`;
  const [toDaemon, toRegistry] = [linkTo("dockerd", links), linkTo(REGISTRY, links)];
  const within = links.filter((link) => link !== toDaemon && link !== toRegistry);
  const host = [programHtml("dockerd"), ...within.map((link) => arrow(link) + programHtml(link.to))].join("");
  const zones = [
    zoneHtml(text.client, programHtml(CLIENT)),
    arrow(toDaemon),
    zoneHtml(text.host, host),
    arrow(toRegistry),
    zoneHtml(text.registry, programHtml(REGISTRY)),
  ];
  return figureHtml("chain-picture", `<div class="zones">${zones.join("")}</div>`, text.caption);
}

/** Of the registry the trace has steps, which are fewer than its requests. */
function times({ to, times }: Link): string {
  return to === REGISTRY ? "" : ` ×${times}`;
}

function linkTo(program: string, links: readonly Link[]): Link {
  const link = links.find(({ to }) => to === program);
  if (!link) throw new Error(`Cannot draw the run ${RUN}: nobody in it turns to ${program}`);
  return link;
}
