/** The site: chapters in both languages, as one book. `pnpm run docs` builds it, `pnpm docs:serve` serves what was built. */
import { defineConfig } from "vitepress";
import { LANGUAGES, type Language, readChapters } from "../../book/chapter.ts";
import { SITE, SITE_PAGES } from "../../paths.ts";
import { CODE_THEME } from "../code-theme.ts";
import { chapterMarkdown } from "../markdown/chapter-markdown.ts";
import { withOtherNames } from "../markdown/terms.ts";
import { tokenize } from "../search-words.ts";

const PARTS: readonly { prefix: string; en: string; zh: string }[] = [
  { prefix: "00", en: "Prologue", zh: "序章" },
  { prefix: "13", en: "2013", zh: "2013" },
  { prefix: "20", en: "The bridge", zh: "过渡" },
  { prefix: "19", en: "2019", zh: "2019" },
];

function sidebar(language: Language) {
  const chapters = readChapters(language);
  const base = language === "en" ? "/" : "/zh/";
  return PARTS.map((part) => ({
    text: part[language],
    items: chapters
      .filter(({ id }) => id.startsWith(part.prefix))
      .map(({ id, meta }) => ({ text: `${id}  ${meta.title}`, link: `${base}${id}` })),
  })).filter(({ items }) => items.length > 0);
}

const [en, zh] = LANGUAGES.map(sidebar);

/** Two boxes, one behind the other. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="3" y="3" width="19" height="19" rx="4" fill="#8fbccb"/><rect x="10" y="10" width="19" height="19" rx="4" fill="#0f6f8f"/></svg>',
)}`;

export default defineConfig({
  srcDir: SITE_PAGES,
  outDir: SITE,
  cacheDir: "../../node_modules/.cache/tutorials/vitepress",
  title: "docker-eras",
  description: "Docker rebuilt in TypeScript as it was in 2013 and in 2019, to be read, run and taken apart",
  head: [["link", { rel: "icon", href: ICON }]],
  cleanUrls: false,
  lastUpdated: false,
  locales: {
    root: {
      label: "English",
      lang: "en-GB",
      themeConfig: {
        sidebar: en,
        nav: [
          { text: "Map", link: "/map" },
          { text: "Glossary", link: "/glossary" },
          { text: "Errata", link: "/errata" },
        ],
      },
    },
    zh: {
      label: "简体中文",
      lang: "zh-CN",
      description: "用 TypeScript 重建 2013 年和 2019 年的 Docker，可以读、可以跑、可以拆开看",
      themeConfig: {
        sidebar: zh,
        nav: [
          { text: "对照图", link: "/zh/map" },
          { text: "术语表", link: "/zh/glossary" },
          { text: "勘误", link: "/zh/errata" },
        ],
        outline: { label: "本章", level: [2, 3] },
        docFooter: { prev: "上一章", next: "下一章" },
        darkModeSwitchLabel: "深色模式",
        sidebarMenuLabel: "目录",
        returnToTopLabel: "回到顶部",
      },
    },
  },
  themeConfig: {
    outline: { level: [2, 3] },
    externalLinkIcon: true,
    search: {
      provider: "local",
      options: {
        // A term of the glossary is found by its name in the other language, too.
        _render: (source, env, md) => {
          const html = md.render(source, env);
          return env.frontmatter?.search === false ? "" : withOtherNames(html);
        },
        miniSearch: { options: { tokenize }, searchOptions: { combineWith: "AND", prefix: true } },
        locales: {
          zh: {
            translations: {
              button: { buttonText: "搜索", buttonAriaLabel: "搜索" },
              modal: {
                noResultsText: "没有找到",
                resetButtonTitle: "清除",
                footer: { selectText: "打开", navigateText: "切换", closeText: "关闭" },
              },
            },
          },
        },
      },
    },
  },
  markdown: { config: chapterMarkdown, theme: CODE_THEME },
});
