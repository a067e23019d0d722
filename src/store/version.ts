/** Of this program, as `/status` shows it; the package's, which the bundle in a container does not carry. */
export const storeVersion = "0.1.0";
