/**
 * The steps of a run of 2019, in the order in which they happen, as the articles tell it.
 *
 * `number` is a step's place in the article's own list:
 *
 *     000   the eight duties of a runtime. 1 and 2 are dockerd's. 8 comes before 7: a label is asked for beforehand, and execve puts it on
 *     001   the fourteen steps of a run. 1 to 6 are dockerd's
 *     002   how a bundle is made, in eight. 3 comes later: ctr names an image when all of it is unpacked
 *
 * Who performs a step calls `step()` in its first line.
 */
import type { Step } from "@eras/trace/step.ts";

const DATA_FLOW = { article: "002", heading: "数据流" };
const COMPONENTS = { article: "002", heading: "组件和子系统" };
const CONTAINERD_CREATE = { article: "001", heading: "创建容器" };
const CONTAINERD_START = { article: "001", heading: "启动容器" };
const TASK_CREATE = { article: "001", heading: "创建 Task" };
const TASK_START = { article: "001", heading: "启动 Task" };
const SUMMARY = { article: "001", heading: "直观总结" };
const PROCESSES = { article: "004", heading: "进程间的关系" };
const RUNC = { article: "001", heading: "Runc" };
const CREATE = { article: "001", heading: "创建容器(runc create)" };
const START = { article: "001", heading: "启动容器(runc start)" };
const DUTIES = { article: "000", heading: "容器运行过程详解" };

const DECLARED = {
  "ctr.fetch-image": {
    actor: "ctr",
    title: "An image is asked for by its name, and fetched",
    titleZh: "按名字请求并拉取镜像",
    ...DATA_FLOW,
    rows: ["002.32", "002.18"],
    number: 1,
  },
  "containerd.store-content": {
    actor: "containerd",
    title: "A piece of the image becomes a blob of the content store, under its digest",
    titleZh: "镜像的一部分以摘要为名存入 content 存储",
    ...DATA_FLOW,
    rows: ["002.33", "002.26"],
    number: 2,
  },
  "ctr.unpack-image": {
    actor: "ctr",
    title: "The image's layers are to become snapshots, one upon the other",
    titleZh: "镜像的各层将成为层层相叠的快照",
    ...DATA_FLOW,
    rows: ["002.35"],
    number: 4,
  },
  "containerd.apply-layer": {
    actor: "containerd",
    title: "A layer is unpacked from the content store into a snapshot",
    titleZh: "将层从 content 存储解压到快照",
    ...DATA_FLOW,
    rows: ["002.36", "002.28"],
    number: 5,
  },
  "containerd.register-image": {
    actor: "containerd",
    title: "The image's name, which points to its manifest, is written to the metadata",
    titleZh: "将镜像名字及其指向的清单登记到元数据",
    ...DATA_FLOW,
    rows: ["002.34", "002.23"],
    number: 3,
  },
  "ctr.make-spec": {
    actor: "ctr",
    title: "The snapshot is ready; the image's configuration gives the spec of the container",
    titleZh: "快照就绪；由镜像配置生成容器的规格",
    ...DATA_FLOW,
    rows: ["002.37"],
    number: 6,
  },
  "containerd.create-container": {
    actor: "containerd",
    title: "The daemon is called to create the container",
    titleZh: "containerd 被调用来创建容器",
    ...SUMMARY,
    rows: ["001.133", "001.104"],
    number: 7,
  },
  "containerd.store-container": {
    actor: "containerd",
    title: "The container's spec is stored in the database",
    titleZh: "将容器规格储存在数据库中",
    ...CONTAINERD_CREATE,
    rows: ["001.134", "001.105"],
    number: 8,
  },
  "containerd.find-container": {
    actor: "containerd",
    title: "The daemon is called to start the container: its record and its runtime are looked up",
    titleZh: "containerd 被调用来启动容器：查找容器记录及其运行时",
    ...CONTAINERD_START,
    rows: ["001.135", "001.108"],
    number: 9,
  },
  "containerd.create-task": {
    actor: "containerd",
    title: "A task is created for the container",
    titleZh: "为容器创建一个 Task",
    ...TASK_CREATE,
    rows: ["001.136", "001.107"],
    number: 10,
  },
  "containerd.make-bundle": {
    actor: "containerd",
    title: "The bundle is made: a directory with the spec, and a place for the root file system",
    titleZh: "创建 bundle：包含规格文件与根文件系统位置的目录",
    ...CONTAINERD_CREATE,
    rows: ["001.103", "002.10"],
  },
  "containerd.launch-shim": {
    actor: "containerd",
    title: "The bundle is handed to the runtime: a shim is started in it",
    titleZh: "将 bundle 交给运行时：在其中启动 shim",
    ...DATA_FLOW,
    rows: ["002.38", "002.21", "000.20", "004.15"],
    number: 7,
  },
  "shim.listen": {
    actor: "shim",
    title: "The shim listens, and says where",
    titleZh: "shim 开始监听，并告知地址",
    ...TASK_CREATE,
    rows: ["001.110"],
  },
  "shim.become-subreaper": {
    actor: "shim",
    title: "Orphans below the shim will be its children: so it learns how they end",
    titleZh: "shim 之下的孤儿进程将成为它的子进程，从而得知其结束状态",
    ...PROCESSES,
    rows: ["004.26", "004.23", "000.25"],
  },
  "shim.mount-rootfs": {
    actor: "shim",
    title: "The container's snapshot is mounted in the bundle",
    titleZh: "在 bundle 中挂载容器的快照",
    ...TASK_CREATE,
    rows: ["004.17"],
  },
  "shim.create-container": {
    actor: "shim",
    title: "The task has the shim call runc create",
    titleZh: "Task 使用 shim 调用 runc create",
    ...TASK_CREATE,
    rows: ["001.137", "001.113"],
    number: 11,
  },
  "runc.read-bundle": {
    actor: "runc",
    title: "The bundle's config.json is read and checked",
    titleZh: "读取并检查 bundle 中的 config.json",
    ...DATA_FLOW,
    rows: ["002.39", "001.119", "001.120", "004.20"],
    number: 8,
  },
  "runc.create": {
    actor: "runc",
    title: "A container is created: everything but the start of its program",
    titleZh: "创建容器：除启动用户程序之外的一切",
    ...CREATE,
    rows: ["001.119", "001.120"],
  },
  "runc.find-rootfs": {
    actor: "runc",
    title: "The bundle's root file system is found: here the container will be mounted",
    titleZh: "找到 bundle 的根文件系统：容器的挂载点",
    ...DUTIES,
    rows: ["000.40"],
    number: 3,
  },
  "runc.prepare-process": {
    actor: "runc",
    title: "Arguments, user and rules for the process are prepared, the system call filter compiled",
    titleZh: "准备进程的参数、用户与规则，编译 seccomp 过滤器",
    ...DUTIES,
    rows: ["000.41"],
    number: 4,
  },
  "runc.make-cgroup": {
    actor: "runc",
    title: "The container's cgroup is made, with its limits",
    titleZh: "创建 cgroup 并设置资源限制",
    ...CREATE,
    rows: ["000.43", "001.122"],
  },
  "runc.start-init": {
    actor: "runc",
    title: "Processes are forked that will lie in the container's namespaces",
    titleZh: "派生将进入容器命名空间的进程",
    ...DUTIES,
    rows: ["000.42", "001.122"],
    number: 5,
  },
  "runc.join-cgroup": {
    actor: "bootstrap",
    title: "The first of them is in the cgroup: the limits hold, for its children too",
    titleZh: "第一个进程位于 cgroup 中：限制对它及其子进程生效",
    ...DUTIES,
    rows: ["000.43", "001.122"],
    number: 6,
  },
  "runc.enter-namespaces": {
    actor: "bootstrap",
    title: "Namespaces are joined and unshared; its child, the init, is born in all of them",
    titleZh: "加入和创建命名空间；其子进程 init 诞生于其中",
    ...CREATE,
    rows: ["000.42", "001.122"],
  },
  "runc.map-ids": {
    actor: "runc",
    title: "Ids of the user namespace are mapped to ids of the host",
    titleZh: "将用户命名空间的 ID 映射到宿主机的 ID",
    ...CREATE,
    rows: ["000.42"],
  },
  "runc.join-keyring": {
    actor: "init",
    title: "The container gets a session keyring of its own",
    titleZh: "为容器建立独立的会话密钥环",
    ...CREATE,
    rows: ["001.122"],
  },
  "runc.prepare-rootfs": {
    actor: "init",
    title: "The root file system becomes a mount of its own, and is furnished",
    titleZh: "根文件系统成为独立的挂载点并被布置",
    ...CREATE,
    rows: ["000.40", "001.122"],
  },
  "runc.mount": {
    actor: "init",
    title: "A mount of the configuration is made",
    titleZh: "按配置进行一次挂载",
    ...CREATE,
    rows: ["000.40"],
  },
  "runc.create-devices": {
    actor: "init",
    title: "The devices in /dev are made",
    titleZh: "创建 /dev 中的设备文件",
    ...CREATE,
    rows: ["000.40"],
  },
  "runc.run-hooks": {
    actor: "runc",
    title: "Hooks of the configuration are run",
    titleZh: "运行配置中的钩子",
    ...CREATE,
    rows: ["001.122"],
  },
  "runc.pivot-into": {
    actor: "init",
    title: "The container's root becomes /",
    titleZh: "容器的根目录成为 /",
    ...CREATE,
    rows: ["000.42", "001.122"],
  },
  "runc.open-console": {
    actor: "init",
    title: "A terminal is opened, and its master sent to whoever asked for it",
    titleZh: "打开终端，并把主端发给请求者",
    ...CREATE,
    rows: ["001.122"],
  },
  "runc.finish-rootfs": {
    actor: "init",
    title: "What has been furnished becomes read-only, where it is to be",
    titleZh: "将应当只读的部分设为只读",
    ...CREATE,
    rows: ["000.40"],
  },
  "runc.set-hostname": {
    actor: "init",
    title: "The host name is set",
    titleZh: "设置主机名",
    ...CREATE,
    rows: ["000.42"],
  },
  "runc.set-label": {
    actor: "init",
    title: "The label of AppArmor or SELinux is asked for, which execve puts on",
    titleZh: "请求 AppArmor 或 SELinux 标签，由 execve 生效",
    ...DUTIES,
    rows: ["000.45"],
    number: 8,
  },
  "runc.set-sysctls": {
    actor: "init",
    title: "Kernel parameters of the namespaces are set",
    titleZh: "设置命名空间内的内核参数",
    ...CREATE,
    rows: ["000.42"],
  },
  "runc.readonly-paths": {
    actor: "init",
    title: "Files of the kernel become read-only",
    titleZh: "将内核的文件设为只读",
    ...CREATE,
    rows: ["000.42"],
  },
  "runc.mask-paths": {
    actor: "init",
    title: "Files of the kernel are covered",
    titleZh: "遮盖内核的文件",
    ...CREATE,
    rows: ["000.42"],
  },
  "runc.save-state": {
    actor: "runc",
    title: "The state is written: from here on other commands find the container",
    titleZh: "写入容器状态：此后其他命令可以找到该容器",
    ...CREATE,
    rows: ["001.122", "003.69"],
  },
  "runc.drop-privileges": {
    actor: "init",
    title: "User and groups become those of the container's process",
    titleZh: "用户和组切换为容器进程的",
    ...CREATE,
    rows: ["000.41"],
  },
  "runc.apply-capabilities": {
    actor: "init",
    title: "Capabilities are reduced to the five sets of the configuration",
    titleZh: "权能缩减为配置中的五个集合",
    ...CREATE,
    rows: ["000.41"],
  },
  "runc.find-program": {
    actor: "init",
    title: "The program is looked up in the container",
    titleZh: "在容器中查找程序",
    ...CREATE,
    rows: ["001.122"],
  },
  "runc.wait-for-start": {
    actor: "init",
    title: "The init pauses until it is told to go on; runc create returns",
    titleZh: "init 暂停，等待继续的通知；runc create 返回",
    ...CREATE,
    rows: ["001.122"],
  },
  "containerd.start-task": {
    actor: "containerd",
    title: "The task is started",
    titleZh: "containerd 启动这个 Task",
    ...TASK_START,
    rows: ["001.138"],
    number: 12,
  },
  "shim.start-container": {
    actor: "shim",
    title: "The task has the shim call runc start",
    titleZh: "Task 使用 shim 调用 runc start",
    ...TASK_START,
    rows: ["001.139", "001.115"],
    number: 13,
  },
  "runc.start": {
    actor: "runc",
    title: "A created container is started",
    titleZh: "启动已创建的容器",
    ...START,
    rows: ["001.115", "001.123"],
  },
  "runc.open-fifo": {
    actor: "runc",
    title: "The fifo is opened: that tells the init to go on",
    titleZh: "打开 FIFO，通知 init 继续",
    ...START,
    rows: ["001.126"],
  },
  "runc.install-seccomp": {
    actor: "init",
    title: "System calls are filtered from here on",
    titleZh: "从此过滤系统调用",
    ...START,
    rows: ["000.41"],
  },
  "runc.exec-program": {
    actor: "init",
    title: "A system call, execve: the init becomes the user's program",
    titleZh: "系统调用 execve：init 变成用户的程序",
    ...DUTIES,
    rows: ["000.44", "001.126"],
    number: 7,
  },
  "shim.report-exit": {
    actor: "shim",
    title: "Shim and daemon watch to the end: the process has ended, and containerd is told",
    titleZh: "shim/containerd 监控容器直到任务完成：进程结束，上报 containerd",
    ...SUMMARY,
    rows: ["001.140", "001.112", "000.24"],
    number: 14,
  },
  "containerd.tell-event": {
    actor: "containerd",
    title: "An event is told to all who listen",
    titleZh: "将事件告知所有订阅者",
    ...COMPONENTS,
    rows: ["002.29", "002.22"],
  },
  "containerd.delete-task": {
    actor: "containerd",
    title: "The task is deleted: its container's remains, its shim, its bundle",
    titleZh: "删除 Task：容器的残余、shim 与 bundle",
    ...TASK_START,
    rows: ["003.36"],
  },
  "runc.exec": {
    actor: "runc",
    title: "A further process is started in the container",
    titleZh: "在容器中启动另一个进程",
    ...RUNC,
    rows: ["001.116"],
  },
  "runc.kill": {
    actor: "runc",
    title: "A signal is sent to the container",
    titleZh: "向容器发送信号",
    ...RUNC,
    rows: ["001.116"],
  },
  "runc.delete": {
    actor: "runc",
    title: "What is left of the container is removed",
    titleZh: "删除容器的剩余资源",
    ...RUNC,
    rows: ["001.116"],
  },
} satisfies Record<string, Step>;

export type StepId = keyof typeof DECLARED;

/** All steps by their ids. */
export const STEPS: Readonly<Record<StepId, Step>> = DECLARED;
