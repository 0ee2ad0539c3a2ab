/** `{{picture containerd}}`: its services and parts, and what recorded runs needed of them. */
import { STEPS } from "@eras/docker-2019/steps.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import type { Step } from "@eras/trace/step.ts";
import type { Language } from "../../book/chapter.ts";
import { recordedRun } from "../markdown/recorded.ts";
import { placeHtml } from "../markdown/steps-html.ts";
import { figureHtml, programHtml, zoneHtml } from "./parts-html.ts";

/** A run through dockerd, and those of 19-21 that ask containerd without it. */
const RUNS = ["2019 run --rm busybox echo hello", "19-21 pulled.jsonl", "19-21 bare.jsonl"];

const steps: Readonly<Record<string, Step>> = STEPS;

const METHOD = /^containerd\.services\.(?<service>\w+)\.v1\.\w+\/(?<method>\w+)$/;
const FOLDER = /^packages\/docker-2019\/containerd\/(?<folder>\w+)\//;

const TEXTS = {
  en: {
    services: "services, by gRPC",
    parts: "parts",
    caption: "Drawn from three recorded runs: one of docker, and the two of ctr in chapter 19-21. It has what these runs asked for, and nothing else.",
  },
  zh: {
    services: "服务，通过 gRPC",
    parts: "组成部分",
    caption: "根据三次录下的运行画成：一次 docker 的，和第 19-21 章中 ctr 的两次。图里只有这些运行用到的东西。",
  },
} as const; // biome-ignore format: sentences

export function containerdPicture(language: Language): string {
  const text = TEXTS[language];
  const events = RUNS.flatMap((run) => recordedRun(run).events);
  const asked = events.filter(({ kind, msg }) => kind === "send" && msg?.to === "containerd" && msg.channel === "grpc");
  const callers = [...new Set(asked.map(({ msg }) => msg!.from))].sort();
  const zones = [
    zoneHtml("", callers.map(programHtml).join("")),
    '<span class="arrow">gRPC</span>',
    zoneHtml(
      "containerd",
      `<p>${text.services}</p>${servicesHtml(asked)}<p>${text.parts}</p>${partsHtml(events, language)}`,
    ),
    '<span class="arrow">ttrpc</span>',
    zoneHtml("", programHtml("shim") + toldHtml(events)),
  ];
  return figureHtml("containerd-picture", `<div class="zones">${zones.join("")}</div>`, text.caption);
}

/** What containerd asks of a shim. */
function toldHtml(events: readonly TraceEvent[]): string {
  const told = events.filter(({ kind, msg }) => kind === "send" && msg?.to === "shim" && msg.answers === undefined);
  return `<small>${[...new Set(told.map(({ msg }) => msg!.summary.split("/").at(-1)))].join(" · ")}</small>`;
}

function servicesHtml(asked: readonly TraceEvent[]): string {
  const methods = asked.flatMap(({ msg }) => METHOD.exec(msg!.summary)?.groups ?? []);
  const services = Map.groupBy(methods, ({ service }) => service!);
  const cells = [...services].sort(byName).map(([service, calls]) => {
    const names = [...new Set(calls.map(({ method }) => method!))].join(" · ");
    return `<span class="cell" data-service="${service}"><b>${service}</b><small>${names}</small></span>`;
  });
  return `<div class="cells">${cells.join("")}</div>`;
}

/** A part is a folder of its source; a step in it says what it did. */
function partsHtml(events: readonly TraceEvent[], language: Language): string {
  const taken = events.filter(({ actor, step }) => actor === "containerd" && step !== undefined);
  const parts = Map.groupBy(taken, ({ file }) => FOLDER.exec(file ?? "")?.groups?.folder ?? "");
  const cells = [...parts].sort(byName).map(([folder, inside]) => {
    const ids = [...new Set(inside.map(({ step }) => step!))];
    return `<span class="cell" data-part="${folder}"><b>${folder}/</b>${ids.map((id) => stepHtml(id, language)).join("")}</span>`;
  });
  return `<div class="cells parts">${cells.join("")}</div>`;
}

/** Of its place the file alone: the folder is the part's name. */
function stepHtml(id: string, language: Language): string {
  const { title, titleZh } = steps[id]!;
  const place = placeHtml(id, "2019").replace(/(?<=<code>)[^<]*\//, "");
  return `<small>${language === "zh" ? titleZh : title} ${place}</small>`;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a.localeCompare(b);
}
