/** Portkey's gateway as the upstream of ours: the configuration of each request is a header that ours sets. */
export { overrideParams, parameterProblems } from './override-params.ts';
export { createPortkeyUpstream, type PortkeyOptions } from './portkey-upstream.ts';
export { readProviders, type Provider } from './providers.ts';
