export { BATCH_CHANNEL, CALL_CHANNEL, WORKER_CHANNEL } from './runner.channels.js';
export type { BatchEvent, CallEvent, WorkerEvent } from './runner.channels.js';
export type { WorkerRun } from './dispatch/batch.js';
export type { CallOrigin } from './dispatch/call-origin.js';
export { CallScope } from './dispatch/call-scope.js';
export type { LossReason } from './dispatch/dispatcher.options.js';
export type { LatencyCoefficients } from './dispatch/latency-model.js';
export type { CallOptions } from './dispatch/call.js';
export type { ArgumentCheck } from './dispatch/prepare-call.js';
export { createLogger } from './log/create-logger.js';
export type { CreateLoggerOptions } from './log/create-logger.js';
export { LOG_LEVELS, isLogLevel } from './log/log-levels.js';
export type { LogFormat, LogLevelName } from './log/log-levels.js';
export { changeLogSettings } from './log/log-settings.js';
export type { LogSettings } from './log/log-settings.js';
export { originFields } from './log/origin-fields.js';
export type { OriginFields } from './log/origin-fields.js';
export { LogOutput } from './log/log-output.js';
export { InjectRunner, getRunnerInjections } from './nest/inject-runner.decorator.js';
export type { RunnerInjection } from './nest/inject-runner.decorator.js';
export { RunnerRegistry } from './nest/runner-registry.js';
export type { RunnerRegistryOptions } from './nest/runner-registry.js';
export { availableCores } from './resources/available-cores.js';
export { shareCores } from './resources/share-cores.js';
export type { CoreShare, CoreShareOptions } from './resources/share-cores.js';
export { createRunnerProvider } from './nest/runner.providers.js';
export { getRunnerToken } from './nest/runner.tokens.js';
export { isExplained, startErrorFields } from './nest/start-error.js';
export { PYTHON_OVERRIDES, nodeRunner, refuseOverrides } from './runner.definition.js';
export type { NodeRunnerOptions, RunnerDefinition, RunnerOverrides } from './runner.definition.js';
export {
  CallAbortedError,
  NotBatchableError,
  PayloadTooLargeError,
  RowCountError,
  RunnerFailedError,
  RunnerNotRegisteredError,
  RunnerOptionsError,
  RunnerOverloadedError,
  RunnerStartError,
  RunnerTimeoutError,
  RunnerUnavailableError,
  RunnerWorkerLostError,
  UnknownMethodError,
  UnsupportedValueError,
  WireProtocolError,
} from './runner.errors.js';
export { RespawnPolicy } from './pool/respawn-policy.js';
export type { ProcessLife } from './pool/respawn-policy.js';
export type { RespawnDecision } from './pool/respawn-policy.js';
export { SocketFolder } from './pool/socket-folder.js';
export { RunnerHost } from './runner-host.js';
export { RUNNER_SHARING } from './sharing/runner-sharing.js';
export type { RunnerSharing } from './sharing/runner-sharing.js';
export { RunnersCaller } from './sharing/runners-caller.js';
export { RunnersOwner } from './sharing/runners-owner.js';
export type { SharingChannel } from './sharing/sharing.messages.js';
export type { MethodStatus } from './dispatch/method-loads.js';
export type { RunnerStatus } from './runner-status.js';
export { resolveRunnerOptions } from './runner.options.js';
export type { RunnerOptions, WorkerBounds } from './runner.options.js';
export { RunnableMethod } from './runnable/runnable-method.decorator.js';
export type { RunnableMethodOptions } from './runnable/runnable-method.decorator.js';
export type { ExampleCall, Runnable, RunnableClass } from './runnable/runnable.js';
export { Runner, createRunnerHandle } from './runner.js';
export type { RunnerControl, RunnerMethod, RunnerMethods, RunnerState } from './runner.js';
export type { RunnableSource, WorkerCommand } from './worker/load-runnable.js';
export type { MethodDescription } from './wire/frame.js';
