import type { EnhanceAppContext } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { h } from "vue";
import Chains from "./Chains.vue";
import Minutes from "./Minutes.vue";
import Quiz from "./Quiz.vue";
import Run from "./Run.vue";
import Term from "./Term.vue";
import "./book.css";

export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, { "home-features-before": () => h(Chains), "doc-before": () => h(Minutes) }),
  enhanceApp({ app }: EnhanceAppContext) {
    app.component("Quiz", Quiz);
    app.component("Run", Run);
    app.component("Term", Term);
  },
};
