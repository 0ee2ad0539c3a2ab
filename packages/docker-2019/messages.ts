/** What docker and dockerd say to each other when an image is run that is not there: the eight arrows of article 004's drawing. */
import { END_OF_ANSWER } from "@eras/trace/link.ts";
import type { DeclaredMessage } from "@eras/trace/message.ts";

const DRAWING = { article: "004", heading: "详细步骤" };
const REQUEST = { ...DRAWING, from: "docker", to: "dockerd" };
const ANSWER = { ...DRAWING, from: "dockerd", to: "docker" };
const CREATE_CONTAINER = /^POST \/v[\d.]+\/containers\/create/;
const CREATE_IMAGE = /^POST \/v[\d.]+\/images\/create/;
const START_CONTAINER = /^POST \/v[\d.]+\/containers\/[^/]+\/start/;

/** In their order. With an image that is there, a run has 1, 6, 7 and 8. */
export const MESSAGES: readonly DeclaredMessage[] = [
  {
    ...REQUEST,
    number: 1,
    title: "create container",
    titleZh: "创建容器",
    rows: ["004.36", "004.30"],
    summary: CREATE_CONTAINER,
  },
  {
    ...ANSWER,
    number: 2,
    title: "image not found",
    titleZh: "找不到镜像",
    rows: ["004.37", "004.44"],
    summary: /^404 /,
    answers: CREATE_CONTAINER,
  },
  {
    ...REQUEST,
    number: 3,
    title: "create image",
    titleZh: "创建镜像",
    rows: ["004.38", "004.31"],
    summary: CREATE_IMAGE,
  },
  {
    ...ANSWER,
    number: 4,
    title: "image created",
    titleZh: "镜像已创建",
    rows: ["004.39", "004.45", "004.48"],
    summary: new RegExp(`^${END_OF_ANSWER}$`),
    answers: CREATE_IMAGE,
  },
  {
    ...REQUEST,
    number: 5,
    title: "create container",
    titleZh: "创建容器",
    rows: ["004.40", "004.32"],
    summary: CREATE_CONTAINER,
  },
  {
    ...ANSWER,
    number: 6,
    title: "container id",
    titleZh: "容器 ID",
    rows: ["004.41", "004.46"],
    summary: /^201 /,
    answers: CREATE_CONTAINER,
  },
  {
    ...REQUEST,
    number: 7,
    title: "start container",
    titleZh: "启动容器",
    rows: ["004.42", "004.34"],
    summary: START_CONTAINER,
  },
  {
    ...ANSWER,
    number: 8,
    title: "container started",
    titleZh: "容器已启动",
    rows: ["004.43", "004.47"],
    summary: /^204 /,
    answers: START_CONTAINER,
  },
];
