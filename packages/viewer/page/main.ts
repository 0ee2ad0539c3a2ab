/** The page: all panes of a run on one cursor. */
import { articlePane } from "./article.ts";
import { codePane } from "./code.ts";
import { comparePane } from "./compare.ts";
import type { Context } from "./context.ts";
import { Cursor } from "./cursor.ts";
import { describe, inOneLine } from "./describe.ts";
import { h } from "./element.ts";
import { header } from "./header.ts";
import { kernelPane } from "./kernel.ts";
import { listenToKeys } from "./keys.ts";
import { processesPane } from "./processes.ts";
import { readRuns } from "./read-runs.ts";
import { RunModel } from "./run-model.ts";
import { sequencePane } from "./sequence.ts";
import { storyPane } from "./story.ts";
import { type Tabs, tabs } from "./tabs.ts";
import { type Transport, transport } from "./transport.ts";
import { wirePane } from "./wire.ts";
import { type Language, word } from "./words.ts";
import { type World, worldAt } from "./world.ts";

interface Options {
  readonly language?: Language;
  readonly panes?: readonly string[];
  readonly step?: string;
}

/** As the system has it, light, dark. */
const THEMES = ["", "light", "dark"];

class Viewer {
  #language: Language;
  #models: RunModel[];
  #cursors: Cursor[];
  #run = 0;
  #world: { of: Cursor; index: number; world: World } | undefined;
  #parts: { picture: Tabs; detail: Tabs; story: Tabs; transport: Transport } | undefined;
  readonly #announcer = h("div", { class: "announcer", "aria-live": "polite" });
  readonly #panes: Set<string>;

  constructor(text: string) {
    const { language = "en", panes = [], step }: Options = JSON.parse(text).options ?? {};
    this.#language = language;
    this.#panes = new Set(panes);
    this.#models = readRuns(text)
      .slice(0, 2)
      .map((run) => new RunModel(run));
    this.#cursors = this.#models.map((model) => new Cursor(model, () => this.#update()));
    this.#build();
    this.#listen();
    this.#goTo(step === undefined ? [] : [step]);
    this.#goTo(wordsOfHash());
  }

  get #cursor(): Cursor {
    return this.#cursors[this.#run]!;
  }

  #context(): Context {
    const [language, models, cursor, self] = [this.#language, this.#models, this.#cursor, this];
    return {
      language, models, cursor, model: cursor.model,
      get world() { return self.#worldNow(); },
      say: (name) => word(name, language),
      showRun: (index, event) => this.#showRun(index, event),
    }; // biome-ignore format: what panes are given
  }

  #worldNow(): World {
    const { index, model } = this.#cursor;
    if (this.#world?.of !== this.#cursor || this.#world.index !== index)
      this.#world = { of: this.#cursor, index, world: worldAt(model.events, index) };
    return this.#world.world;
  }

  /** All of the page, for a language and a run. */
  #build(): void {
    const context = this.#context();
    document.documentElement.lang = this.#language;
    const first = <Name extends string>(names: readonly Name[]) =>
      names.find((name) => this.#panes.has(name)) ?? names[0]!;
    const parts = {
      story: tabs(context, "story", { story: storyPane }, "story"),
      picture: tabs(context, "picture", { sequence: sequencePane, processes: processesPane, kernel: kernelPane, compare: comparePane }, first(["sequence", "processes", "kernel", "compare"])),
      detail: tabs(context, "detail", { code: codePane, wire: wirePane, article: articlePane }, first(["code", "wire", "article"])),
      transport: transport(context),
    }; // biome-ignore format: the page
    this.#parts = parts;
    const top = header(context, {
      language: () => this.#toggleLanguage(),
      theme: () => nextTheme(),
      open: (file) => this.#open(file),
    });
    document.body.replaceChildren(
      top,
      h("main", {}, parts.story.element, parts.picture.element, parts.detail.element),
      parts.transport.element,
      this.#announcer,
    );
    this.#update();
  }

  #update(): void {
    const { story, picture, detail, transport } = this.#parts ?? {};
    for (const part of [story, picture, detail, transport]) part?.update();
    if (!this.#cursor.isPlaying)
      this.#announcer.textContent = inOneLine(describe(this.#cursor.model, this.#cursor.index, this.#language));
  }

  /** @param words - Names of panes, ids of steps. */
  #goTo(words: readonly string[]): void {
    for (const word of words) {
      this.#show(word);
      const index = this.#cursor.model.events.findIndex(({ step }) => step === word);
      if (index >= 0) this.#cursor.moveTo(index);
    }
  }

  #show(name: string): void {
    this.#parts?.picture.show(name);
    this.#parts?.detail.show(name);
    this.#remember();
  }

  /** What is shown stays shown when the page is built anew. */
  #remember(): void {
    this.#panes.clear();
    if (this.#parts) this.#panes.add(this.#parts.picture.shown).add(this.#parts.detail.shown);
  }

  #showRun(index: number, event = this.#cursors[index]?.index ?? 0): void {
    if (!this.#cursors[index]) return;
    this.#cursor.pause();
    this.#remember();
    this.#run = index;
    this.#cursor.moveTo(event);
    this.#build();
  }

  #toggleLanguage(): void {
    this.#language = this.#language === "en" ? "zh" : "en";
    this.#remember();
    this.#build();
  }

  /** Lays the first run of another page beside the one that is shown. */
  async #open(file: File): Promise<void> {
    try {
      const [run] = readRuns(await file.text());
      const model = new RunModel(run!);
      this.#models = [this.#cursor.model, model];
      this.#cursors = [this.#cursor, new Cursor(model, () => this.#update())];
      this.#run = 0;
      this.#panes.clear();
      this.#panes.add("compare");
      this.#build();
    } catch (error) {
      alert(`${word("cannotOpen", this.#language)} ${file.name}: ${(error as Error).message}`);
    }
  }

  #listen(): void {
    listenToKeys({
      keys: {
        ArrowRight: () => this.#cursor.move(1),
        ArrowLeft: () => this.#cursor.move(-1),
        ArrowDown: () => this.#cursor.moveToStop(1),
        ArrowUp: () => this.#cursor.moveToStop(-1),
        Home: () => this.#cursor.moveTo(0),
        End: () => this.#cursor.moveTo(Number.POSITIVE_INFINITY),
        " ": () => this.#cursor.togglePlaying(),
        s: () => this.#show("sequence"),
        p: () => this.#show("processes"),
        k: () => this.#show("kernel"),
        m: () => this.#show("compare"),
        c: () => this.#show("code"),
        w: () => this.#show("wire"),
        a: () => this.#show("article"),
        r: () => this.#showRun(1 - this.#run),
        l: () => this.#toggleLanguage(),
        t: () => nextTheme(),
        "?": () => document.querySelector<HTMLDialogElement>("dialog.help")?.showModal(),
      },
      number: (number) => this.#cursor.moveToNumber(this.#parts!.transport.article, number),
    });
    window.addEventListener("message", ({ source, data }) => {
      if (source === parent) setTheme(data?.theme);
    });
    window.addEventListener("hashchange", () => this.#goTo(wordsOfHash()));
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file) void this.#open(file);
    });
  }
}

/** `run.html#kernel,init.pivot-root`. */
function wordsOfHash(): string[] {
  return decodeURIComponent(location.hash.slice(1)).split(",");
}

function nextTheme(): void {
  setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "") + 1) % THEMES.length]);
}

/** Nothing that is no theme. */
function setTheme(theme: unknown): void {
  if (typeof theme !== "string" || !THEMES.includes(theme)) return;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

new Viewer(document.querySelector("#runs")!.textContent ?? "");
