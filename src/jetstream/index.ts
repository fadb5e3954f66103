/**
 * The API of streams: what requests on `$JS.API` mean, whether they are granted, and how they are answered.
 *
 * Owns the errors, the descriptions of messages and the rules of configurations, as pure functions of a request and of what
 * is known about the account. It never opens a socket or a file, asks no clock, and stores nothing; messages of streams do
 * not pass here, they belong to the data plane.
 */

export { accountInfo } from './api/account-info.js';
export { type Admission, admit, admitAfterBody, REQUIRED_LEVEL_HEADER } from './api/admission.js';
export { expectEmptyBody, readOptionalBody, readRequiredBody } from './api/body.js';
export { domainMappings } from './api/domain.js';
export type { Endpoint, Route } from './api/endpoints.js';
export { listPage, namesPage, subjectsPage } from './api/paging.js';
export { checkMayDelete, checkMayPurge, checkMsgGet, checkPurge } from './api/selection.js';
export { type SnapshotPlan, snapshotPlan } from './api/snapshot.js';
export { type StreamFacts, streamInfo, type Teller } from './api/stream-info.js';
export { ApiError, type ApiErrorName, apiError } from './errors/api-error.js';
export * from './messages/answers.js';
export { decode } from './messages/decode.js';
export * from './messages/requests.js';
export { STREAM_CONFIG_REQUEST, type StreamConfig } from './messages/stream-config.js';
export { checkAccountRoom } from './streams/account-room.js';
export { createStream } from './streams/create.js';
export { StreamDirectory } from './streams/directory.js';
export { unsupportedReason, withServerMetadata } from './streams/metadata.js';
export { restoreStream } from './streams/restore.js';
export type { Surroundings } from './streams/surroundings.js';
export { updateStream } from './streams/update.js';
