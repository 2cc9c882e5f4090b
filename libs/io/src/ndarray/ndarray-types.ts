/** numpy's .npy format; the second name is older and not registered, but in use. */
export const NPY_TYPES: readonly string[] = ['application/vnd.npy', 'application/x-npy'];
/** The elements alone. dtype and shape are in headers. */
export const RAW_TYPE = 'application/octet-stream';
export const BINARY_TYPES: readonly string[] = [...NPY_TYPES, RAW_TYPE];
