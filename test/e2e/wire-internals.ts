/* oxlint-disable no-restricted-imports -- the frames are inner to the runner, and a worker in another language is held to them here */
export { encodeFrame } from '../../libs/runner/src/wire/encode-frame.js';
export { FrameReader } from '../../libs/runner/src/wire/frame-reader.js';
export type { Frame, OutgoingFrame } from '../../libs/runner/src/wire/frame.js';
export { machineNow } from '../../libs/runner/src/wire/machine-clock.js';
export type { InitMessage, MessageFromWorker } from '../../libs/runner/src/worker/messages.js';
