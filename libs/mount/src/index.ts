export {
  InvalidMountError,
  MountFailedError,
  MountStartError,
  MountUnavailableError,
} from './mount.errors.js';
