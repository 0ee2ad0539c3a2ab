/**
 * What a step is for, in words that hold in every era: by them a run of one year is laid beside a run of another.
 *
 * Their order is that of a run. A step that has no counterpart in another era has no meaning here.
 */
interface Titles {
  readonly title: string;
  readonly titleZh: string;
}

export const MEANINGS = {
  "send-command": { title: "The command is sent to the daemon", titleZh: "把命令发给守护进程" },
  "find-function": { title: "The daemon finds the function for it", titleZh: "守护进程找到对应的函数" },
  "find-image": { title: "The image is found", titleZh: "找到镜像" },
  "create-record": { title: "A record of the container is made", titleZh: "建立容器的记录" },
  "create-directories": { title: "The container gets its directories", titleZh: "为容器建立目录" },
  describe: { title: "The container is described for the runtime", titleZh: "为运行时描述容器" },
  start: { title: "The container is to start", titleZh: "启动容器" },
  "mount-layers": { title: "Layers become one tree", titleZh: "各层合为一棵目录树" },
  "call-runtime": { title: "The runtime is called", titleZh: "调用运行时" },
  "read-description": { title: "The runtime reads the description", titleZh: "运行时读取描述" },
  cgroup: { title: "The cgroup is made", titleZh: "创建 cgroup" },
  "join-cgroup": { title: "The process joins the cgroup", titleZh: "进程加入 cgroup" },
  namespaces: { title: "Namespaces are made", titleZh: "创建命名空间" },
  "id-maps": { title: "Ids are mapped", titleZh: "映射 ID" },
  network: { title: "The network is connected", titleZh: "连接网络" },
  rootfs: { title: "The root file system is prepared", titleZh: "准备根文件系统" },
  mount: { title: "Mounts of the description are made", titleZh: "挂载描述中的各项" },
  devices: { title: "Devices are made", titleZh: "创建设备文件" },
  "pivot-root": { title: "The root is changed", titleZh: "切换根目录" },
  hostname: { title: "The host name is set", titleZh: "设置主机名" },
  label: { title: "A security label is asked for", titleZh: "请求安全标签" },
  capabilities: { title: "Capabilities are given up", titleZh: "放弃权能" },
  terminal: { title: "The container gets its terminal", titleZh: "容器获得终端" },
  seccomp: { title: "System calls are filtered", titleZh: "过滤系统调用" },
  exec: { title: "The init becomes the program", titleZh: "init 变成用户的程序" },
  watch: { title: "The end is watched for", titleZh: "监视容器的结束" },
  "record-exit": { title: "The end is recorded", titleZh: "记录结束" },
} as const satisfies Readonly<Record<string, Titles>>;

export type Meaning = keyof typeof MEANINGS;
