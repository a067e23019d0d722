export const storeVersion = "0.1.0";
