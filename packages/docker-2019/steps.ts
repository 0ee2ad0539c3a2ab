/**
 * The steps of a run of 2019, in their order, as the articles tell it.
 *
 * `number` is a step's place in the article's own list: of article 000, the eight duties of a runtime. Who performs a step calls
 * `step()` in its first line.
 */
import { defineSteps, type Step } from "@eras/trace/step.ts";

const CREATE = { article: "001", heading: "创建容器(runc create)" };
const START = { article: "001", heading: "启动容器(runc start)" };
const DUTIES = { article: "000", heading: "容器运行过程详解" };

const DECLARED = {
  "runc.read-bundle": {
    actor: "runc",
    title: "The bundle's config.json is read and checked",
    titleZh: "读取并检查 bundle 中的 config.json",
    ...CREATE,
    rows: ["001.119", "001.120", "004.20"],
  },
  "runc.create": {
    actor: "runc",
    title: "A container is created: everything but the program's start",
    titleZh: "创建容器：除启动用户程序之外的一切",
    ...CREATE,
    rows: ["001.119", "001.122"],
  },
  "runc.make-cgroup": {
    actor: "runc",
    title: "The container's cgroup is made, with its limits",
    titleZh: "创建 cgroup 并设置资源限制",
    ...DUTIES,
    rows: ["000.43", "001.122"],
    number: 6,
  },
  "runc.start-init": {
    actor: "runc",
    title: "The init is started, in the container's namespaces",
    titleZh: "在容器的命名空间中启动 init",
    ...DUTIES,
    rows: ["000.42", "001.122"],
    number: 5,
  },
  "runc.join-cgroup": {
    actor: "bootstrap",
    title: "The init's forerunner becomes a member of the cgroup",
    titleZh: "init 的前身加入 cgroup",
    ...DUTIES,
    rows: ["000.43"],
  },
  "runc.map-ids": {
    actor: "runc",
    title: "Ids of the user namespace are mapped to ids of the host",
    titleZh: "将用户命名空间的 ID 映射到宿主机的 ID",
    ...DUTIES,
    rows: ["000.42"],
  },
  "init.namespaces": {
    actor: "bootstrap",
    title: "Namespaces are joined and unshared",
    titleZh: "加入和创建命名空间",
    ...DUTIES,
    rows: ["000.42"],
  },
  "runc.prepare-rootfs": {
    actor: "init",
    title: "The root file system is furnished",
    titleZh: "准备根文件系统",
    ...DUTIES,
    rows: ["000.40"],
    number: 3,
  },
  "runc.mount": {
    actor: "init",
    title: "A mount of the configuration is made",
    titleZh: "按配置进行一次挂载",
    ...DUTIES,
    rows: ["000.40"],
  },
  "runc.create-devices": {
    actor: "init",
    title: "Devices are made",
    titleZh: "创建设备文件",
    ...DUTIES,
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
    ...DUTIES,
    rows: ["000.40"],
  },
  "runc.join-keyring": {
    actor: "init",
    title: "The container gets a session keyring of its own",
    titleZh: "为容器建立独立的会话密钥环",
    ...DUTIES,
    rows: ["000.42"],
  },
  "runc.open-console": {
    actor: "init",
    title: "A terminal is opened and its master is sent to the caller",
    titleZh: "打开终端并把主端发给调用者",
    ...CREATE,
    rows: ["001.122"],
  },
  "runc.finish-rootfs": {
    actor: "init",
    title: "What is read-only becomes so",
    titleZh: "将只读的部分设为只读",
    ...DUTIES,
    rows: ["000.40"],
  },
  "runc.set-hostname": {
    actor: "init",
    title: "The host name is set",
    titleZh: "设置主机名",
    ...DUTIES,
    rows: ["000.41"],
    number: 4,
  },
  "runc.set-label": {
    actor: "init",
    title: "The label of AppArmor or SELinux is set",
    titleZh: "设置 AppArmor 或 SELinux 标签",
    ...DUTIES,
    rows: ["000.45"],
    number: 8,
  },
  "runc.set-sysctls": {
    actor: "init",
    title: "Kernel parameters of the namespaces are set",
    titleZh: "设置命名空间内的内核参数",
    ...DUTIES,
    rows: ["000.41"],
  },
  "runc.readonly-paths": {
    actor: "init",
    title: "Paths of the kernel become read-only",
    titleZh: "将内核的路径设为只读",
    ...DUTIES,
    rows: ["000.41"],
  },
  "runc.mask-paths": {
    actor: "init",
    title: "Paths of the kernel are covered",
    titleZh: "遮盖内核的路径",
    ...DUTIES,
    rows: ["000.41"],
  },
  "runc.install-seccomp": {
    actor: "init",
    title: "System calls are filtered",
    titleZh: "过滤系统调用",
    ...DUTIES,
    rows: ["000.41"],
  },
  "runc.drop-privileges": {
    actor: "init",
    title: "User, groups and capabilities become those of the container",
    titleZh: "切换为容器的用户、组和权能",
    ...DUTIES,
    rows: ["000.41"],
  },
  "runc.apply-capabilities": {
    actor: "init",
    title: "Capabilities are reduced to the five sets of the configuration",
    titleZh: "权能缩减为配置中的五个集合",
    ...DUTIES,
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
    title: "The init waits until runc start opens the fifo",
    titleZh: "init 等待 runc start 打开 FIFO",
    ...CREATE,
    rows: ["001.122"],
  },
  "runc.save-state": {
    actor: "runc",
    title: "The container's state is written: created",
    titleZh: "写入容器状态：created",
    ...CREATE,
    rows: ["001.122", "003.69"],
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
    title: "runc opens the fifo, and the init goes on",
    titleZh: "runc 打开 FIFO，init 继续执行",
    ...START,
    rows: ["001.126"],
  },
  "runc.exec-program": {
    actor: "init",
    title: "The init becomes the user's program",
    titleZh: "init 变成用户的程序",
    ...DUTIES,
    rows: ["000.44", "001.126"],
    number: 7,
  },
  "runc.exec": {
    actor: "runc",
    title: "A further process is started in the container",
    titleZh: "在容器中启动另一个进程",
    ...DUTIES,
    rows: ["000.44"],
  },
  "runc.kill": {
    actor: "runc",
    title: "A signal is sent to the container",
    titleZh: "向容器发送信号",
    ...CREATE,
    rows: ["001.116"],
  },
  "runc.delete": {
    actor: "runc",
    title: "What is left of the container is removed",
    titleZh: "删除容器的剩余资源",
    ...CREATE,
    rows: ["001.116"],
  },
} satisfies Record<string, Step>;

/** All steps by their ids. */
export const STEPS: Readonly<Record<keyof typeof DECLARED, Step>> = DECLARED;

/** Emits a step of the run. */
export const step = defineSteps(DECLARED);
