import type { EnhanceAppContext } from "vitepress";
import DefaultTheme from "vitepress/theme";
import Quiz from "./Quiz.vue";
import "./book.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }: EnhanceAppContext) {
    app.component("Quiz", Quiz);
  },
};
