/** Which Docker this is: that of 2019, whose interface it has, and our own version. */
export const VERSION = "19.03.0+docker-eras.0.1.0";
export const REVISION = "docker-eras";
