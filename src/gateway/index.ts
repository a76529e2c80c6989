/**
 * The reference orchestrator: serves a stable and a candidate configuration per service, takes fenced and leased
 * configuration writes, and emits what became of each request. It does not optimize anything.
 */
export { startGateway } from './start-gateway.ts';
export type { Gateway, GatewayOptions } from './start-gateway.ts';
export type { Assignment, Emitter, PairOutcome, PairSide, RequestOutcome } from './emitter.ts';
export type { PairJudge } from './pair-judge.ts';
export type { CopyCounts, ShadowOptions } from './shadow.ts';
export { createFeedbackEmitter } from './feedback-emitter.ts';
export type { FeedbackEmitter, FeedbackOptions } from './feedback-emitter.ts';
export { createOtlpEmitter } from './otlp-emitter.ts';
export type { OtlpOptions } from './otlp-emitter.ts';
export type { ProviderInfo, Upstream, UpstreamAnswer, UpstreamRequest, Usage } from './upstream.ts';
export { configurationHash } from '../contract/service-state.ts';
