/** Which containerd this is: that of 2019, whose interface it has, and our own version. */
export const VERSION = "1.2.6+docker-eras.0.1.0";
export const REVISION = "docker-eras";
