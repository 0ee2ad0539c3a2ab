/** The page's head: which run this is, and what holds for all panes. */
import type { Context } from "./context.ts";
import { h } from "./element.ts";
import { KEYS } from "./words.ts";

export interface HeaderActs {
  readonly language: () => void;
  readonly theme: () => void;
  readonly open: (file: File) => void;
}

export function header(context: Context, { language, theme, open }: HeaderActs): HTMLElement {
  const { say } = context;
  const help = helpDialog(context);
  const file = h("input", {
    type: "file",
    accept: ".html,.json",
    hidden: true,
    change: () => file.files?.[0] && open(file.files[0]),
  });
  const button = (text: string, title: string, click: () => void) =>
    h("button", { type: "button", title, click }, text);
  return h(
    "header",
    { class: "top" },
    ...runNames(context),
    h("span", { class: "grow" }),
    button(say("open"), say("openTitle"), () => file.click()),
    button(say("language"), say("languageTitle"), language),
    button(say("theme"), say("themeTitle"), theme),
    button(say("help"), say("helpTitle"), () => help.showModal()),
    file,
    help,
  );
}

/** One run: its name. Two: a button for each, the shown one pressed; the heading is then for who does not see. */
function runNames({ models, model, say, showRun }: Context): HTMLElement[] {
  const name = (era: string, command: string) => [h("b", { class: "era" }, era), h("code", {}, command)];
  if (models.length === 1) return [h("h1", {}, ...name(model.run.era, model.command))];
  const buttons = models.map((each, index) =>
    h(
      "button",
      {
        type: "button",
        class: "run",
        title: `${say("run")} (r)`,
        "aria-pressed": String(each === model),
        click: () => showRun(index),
      },
      ...name(each.run.era, each.command),
    ),
  );
  return [h("h1", { class: "announcer" }, models.map(({ run }) => run.era).join(" · ")), ...buttons];
}

function helpDialog({ language, say }: Context): HTMLDialogElement {
  const rows = KEYS.flatMap(([keys, en, zh]) => [
    h("dt", {}, ...keys.split(" ").map((key) => h("kbd", {}, key))),
    h("dd", {}, language === "zh" ? zh : en),
  ]);
  const dialog = h(
    "dialog",
    { class: "help", "aria-label": say("help") },
    h("h2", {}, say("help")),
    h("dl", {}, ...rows),
    h("button", { type: "button", click: () => dialog.close() }, say("close")),
  );
  return dialog;
}
