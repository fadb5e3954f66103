/** The worker threads of the process and the Runtime that brokers share. */
export { defaultReactors, type EventSink, Runtime, type RuntimeParts } from './runtime.js';
