//! The errors of the JetStream API; made from src/jetstream/errors/table.json by npm run docs; do not edit.

/// An error as the table says it: names in braces stand for what is known only where it occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiError {
    /// What clients tell errors apart by.
    pub err_code: u16,
    /// Its class, as HTTP has them.
    pub code: u16,
    /// What is wrong.
    pub text: &'static str,
}

const fn error(err_code: u16, code: u16, text: &'static str) -> ApiError {
    ApiError { err_code, code, text }
}

/// `resource limits exceeded for account`
pub const ACCOUNT_RESOURCES_EXCEEDED: ApiError = error(10002, 400, "resource limits exceeded for account");
/// `bad request`
pub const BAD_REQUEST: ApiError = error(10003, 400, "bad request");
/// `incomplete results`
pub const CLUSTER_INCOMPLETE: ApiError = error(10004, 503, "incomplete results");
/// `{err}`
pub const CLUSTER_NO_PEERS: ApiError = error(10005, 400, "{err}");
/// `JetStream not in clustered mode`
pub const CLUSTER_NOT_ACTIVE: ApiError = error(10006, 500, "JetStream not in clustered mode");
/// `JetStream cluster not assigned to this server`
pub const CLUSTER_NOT_ASSIGNED: ApiError = error(10007, 500, "JetStream cluster not assigned to this server");
/// `JetStream system temporarily unavailable`
pub const CLUSTER_NOT_AVAIL: ApiError = error(10008, 503, "JetStream system temporarily unavailable");
/// `JetStream cluster can not handle request`
pub const CLUSTER_NOT_LEADER: ApiError = error(10009, 500, "JetStream cluster can not handle request");
/// `JetStream clustering support required`
pub const CLUSTER_REQUIRED: ApiError = error(10010, 503, "JetStream clustering support required");
/// `tags placement not supported for operation`
pub const CLUSTER_TAGS: ApiError = error(10011, 400, "tags placement not supported for operation");
/// `{err}`
pub const CONSUMER_CREATE: ApiError = error(10012, 500, "{err}");
/// `consumer name already in use`
pub const CONSUMER_NAME_EXIST: ApiError = error(10013, 400, "consumer name already in use");
/// `consumer not found`
pub const CONSUMER_NOT_FOUND: ApiError = error(10014, 404, "consumer not found");
/// `deliver subject not valid`
pub const SNAPSHOT_DELIVER_SUBJECT_INVALID: ApiError = error(10015, 400, "deliver subject not valid");
/// `consumer expected to be durable but no durable name set in subject`
pub const CONSUMER_DURABLE_NAME_NOT_IN_SUBJECT: ApiError = error(10016, 400, "consumer expected to be durable but no durable name set in subject");
/// `consumer name in subject does not match durable name in request`
pub const CONSUMER_DURABLE_NAME_NOT_MATCH_SUBJECT: ApiError = error(10017, 400, "consumer name in subject does not match durable name in request");
/// `consumer expected to be durable but a durable name was not set`
pub const CONSUMER_DURABLE_NAME_NOT_SET: ApiError = error(10018, 400, "consumer expected to be durable but a durable name was not set");
/// `consumer expected to be ephemeral but detected a durable name set in subject`
pub const CONSUMER_EPHEMERAL_WITH_DURABLE_IN_SUBJECT: ApiError = error(10019, 400, "consumer expected to be ephemeral but detected a durable name set in subject");
/// `consumer expected to be ephemeral but a durable name was set in request`
pub const CONSUMER_EPHEMERAL_WITH_DURABLE_NAME: ApiError = error(10020, 400, "consumer expected to be ephemeral but a durable name was set in request");
/// `stream external api prefix {prefix} must not overlap with {subject}`
pub const STREAM_EXTERNAL_API_OVERLAP: ApiError = error(10021, 400, "stream external api prefix {prefix} must not overlap with {subject}");
/// `stream external delivery prefix {prefix} overlaps with stream subject {subject}`
pub const STREAM_EXTERNAL_DEL_PREFIX_OVERLAPS: ApiError = error(10022, 400, "stream external delivery prefix {prefix} overlaps with stream subject {subject}");
/// `insufficient resources`
pub const INSUFFICIENT_RESOURCES: ApiError = error(10023, 503, "insufficient resources");
/// `stream external delivery prefix {prefix} must not contain wildcards`
pub const STREAM_INVALID_EXTERNAL_DELIVERY_SUBJ: ApiError = error(10024, 400, "stream external delivery prefix {prefix} must not contain wildcards");
/// `invalid JSON: {err}`
pub const INVALID_JSON: ApiError = error(10025, 400, "invalid JSON: {err}");
/// `maximum consumers limit reached`
pub const MAXIMUM_CONSUMERS_LIMIT: ApiError = error(10026, 400, "maximum consumers limit reached");
/// `maximum number of streams reached`
pub const MAXIMUM_STREAMS_LIMIT: ApiError = error(10027, 400, "maximum number of streams reached");
/// `insufficient memory resources available`
pub const MEMORY_RESOURCES_EXCEEDED: ApiError = error(10028, 500, "insufficient memory resources available");
/// `{err}`
pub const MIRROR_CONSUMER_SETUP_FAILED: ApiError = error(10029, 500, "{err}");
/// `stream mirror must have max message size >= source`
pub const MIRROR_MAX_MESSAGE_SIZE_TOO_BIG: ApiError = error(10030, 400, "stream mirror must have max message size >= source");
/// `stream mirrors can not also contain other sources`
pub const MIRROR_WITH_SOURCES: ApiError = error(10031, 400, "stream mirrors can not also contain other sources");
/// `stream mirrors can not have both start seq and start time configured`
pub const MIRROR_WITH_START_SEQ_AND_TIME: ApiError = error(10032, 400, "stream mirrors can not have both start seq and start time configured");
/// `stream mirrors can not contain filtered subjects`
pub const MIRROR_WITH_SUBJECT_FILTERS: ApiError = error(10033, 400, "stream mirrors can not contain filtered subjects");
/// `stream mirrors can not contain subjects`
pub const MIRROR_WITH_SUBJECTS: ApiError = error(10034, 400, "stream mirrors can not contain subjects");
/// `account not found`
pub const NO_ACCOUNT: ApiError = error(10035, 503, "account not found");
/// `not currently supported in clustered mode`
pub const CLUSTER_UN_SUPPORT_FEATURE: ApiError = error(10036, 503, "not currently supported in clustered mode");
/// `no message found`
pub const NO_MESSAGE_FOUND: ApiError = error(10037, 404, "no message found");
/// `expected an empty request payload`
pub const NOT_EMPTY_REQUEST: ApiError = error(10038, 400, "expected an empty request payload");
/// `JetStream not enabled for account`
pub const NOT_ENABLED_FOR_ACCOUNT: ApiError = error(10039, 503, "JetStream not enabled for account");
/// `peer not a member`
pub const CLUSTER_PEER_NOT_MEMBER: ApiError = error(10040, 400, "peer not a member");
/// `{err}`
pub const RAFT_GENERAL: ApiError = error(10041, 500, "{err}");
/// `JetStream unable to subscribe to restore snapshot {subject}: {err}`
pub const RESTORE_SUBSCRIBE_FAILED: ApiError = error(10042, 500, "JetStream unable to subscribe to restore snapshot {subject}: {err}");
/// `sequence {seq} not found`
pub const SEQUENCE_NOT_FOUND: ApiError = error(10043, 400, "sequence {seq} not found");
/// `server is not a member of the cluster`
pub const CLUSTER_SERVER_NOT_MEMBER: ApiError = error(10044, 400, "server is not a member of the cluster");
/// `{err}`
pub const SOURCE_CONSUMER_SETUP_FAILED: ApiError = error(10045, 500, "{err}");
/// `stream source must have max message size >= target`
pub const SOURCE_MAX_MESSAGE_SIZE_TOO_BIG: ApiError = error(10046, 400, "stream source must have max message size >= target");
/// `insufficient storage resources available`
pub const STORAGE_RESOURCES_EXCEEDED: ApiError = error(10047, 500, "insufficient storage resources available");
/// `{err}`
pub const STREAM_ASSIGNMENT: ApiError = error(10048, 500, "{err}");
/// `{err}`
pub const STREAM_CREATE: ApiError = error(10049, 500, "{err}");
/// `{err}`
pub const STREAM_DELETE: ApiError = error(10050, 500, "{err}");
/// `{err}`
pub const STREAM_GENERAL: ApiError = error(10051, 500, "{err}");
/// `{err}`
pub const STREAM_INVALID_CONFIG: ApiError = error(10052, 500, "{err}");
/// `{err}`
pub const STREAM_LIMITS: ApiError = error(10053, 500, "{err}");
/// `message size exceeds maximum allowed`
pub const STREAM_MESSAGE_EXCEEDS_MAXIMUM: ApiError = error(10054, 400, "message size exceeds maximum allowed");
/// `stream mirror configuration can not be updated`
pub const STREAM_MIRROR_NOT_UPDATABLE: ApiError = error(10055, 400, "stream mirror configuration can not be updated");
/// `stream name in subject does not match request`
pub const STREAM_MISMATCH: ApiError = error(10056, 400, "stream name in subject does not match request");
/// `{err}`
pub const STREAM_MSG_DELETE_FAILED: ApiError = error(10057, 500, "{err}");
/// `stream name already in use with a different configuration`
pub const STREAM_NAME_EXIST: ApiError = error(10058, 400, "stream name already in use with a different configuration");
/// `stream not found`
pub const STREAM_NOT_FOUND: ApiError = error(10059, 404, "stream not found");
/// `expected stream does not match`
pub const STREAM_NOT_MATCH: ApiError = error(10060, 400, "expected stream does not match");
/// `Replicas configuration can not be updated`
pub const STREAM_REPLICAS_NOT_UPDATABLE: ApiError = error(10061, 400, "Replicas configuration can not be updated");
/// `restore failed: {err}`
pub const STREAM_RESTORE: ApiError = error(10062, 500, "restore failed: {err}");
/// `expected stream sequence does not match`
pub const STREAM_SEQUENCE_NOT_MATCH: ApiError = error(10063, 503, "expected stream sequence does not match");
/// `snapshot failed: {err}`
pub const STREAM_SNAPSHOT: ApiError = error(10064, 500, "snapshot failed: {err}");
/// `subjects overlap with an existing stream`
pub const STREAM_SUBJECT_OVERLAP: ApiError = error(10065, 400, "subjects overlap with an existing stream");
/// `{err}`
pub const STREAM_TEMPLATE_CREATE: ApiError = error(10066, 500, "{err}");
/// `{err}`
pub const STREAM_TEMPLATE_DELETE: ApiError = error(10067, 500, "{err}");
/// `template not found`
pub const STREAM_TEMPLATE_NOT_FOUND: ApiError = error(10068, 404, "template not found");
/// `{err}`
pub const STREAM_UPDATE: ApiError = error(10069, 500, "{err}");
/// `wrong last msg ID: {id}`
pub const STREAM_WRONG_LAST_MSG_ID: ApiError = error(10070, 400, "wrong last msg ID: {id}");
/// `wrong last sequence: {seq}`
pub const STREAM_WRONG_LAST_SEQUENCE: ApiError = error(10071, 400, "wrong last sequence: {seq}");
/// `JetStream unable to open temp storage for restore`
pub const TEMP_STORAGE_FAILED: ApiError = error(10072, 500, "JetStream unable to open temp storage for restore");
/// `template name in subject does not match request`
pub const TEMPLATE_NAME_NOT_MATCH_SUBJECT: ApiError = error(10073, 400, "template name in subject does not match request");
/// `replicas > 1 not supported in non-clustered mode`
pub const STREAM_REPLICAS_NOT_SUPPORTED: ApiError = error(10074, 500, "replicas > 1 not supported in non-clustered mode");
/// `peer remap failed`
pub const PEER_REMAP: ApiError = error(10075, 503, "peer remap failed");
/// `JetStream not enabled`
pub const NOT_ENABLED: ApiError = error(10076, 503, "JetStream not enabled");
/// `{err}`
pub const STREAM_STORE_FAILED: ApiError = error(10077, 503, "{err}");
/// `consumer config required`
pub const CONSUMER_CONFIG_REQUIRED: ApiError = error(10078, 400, "consumer config required");
/// `consumer deliver subject has wildcards`
pub const CONSUMER_DELIVER_TO_WILDCARDS: ApiError = error(10079, 400, "consumer deliver subject has wildcards");
/// `consumer in push mode can not set max waiting`
pub const CONSUMER_PUSH_MAX_WAITING: ApiError = error(10080, 400, "consumer in push mode can not set max waiting");
/// `consumer deliver subject forms a cycle`
pub const CONSUMER_DELIVER_CYCLE: ApiError = error(10081, 400, "consumer deliver subject forms a cycle");
/// `consumer requires ack policy for max ack pending`
pub const CONSUMER_MAX_PENDING_ACK_POLICY_REQUIRED: ApiError = error(10082, 400, "consumer requires ack policy for max ack pending");
/// `consumer idle heartbeat needs to be >= 100ms`
pub const CONSUMER_SMALL_HEARTBEAT: ApiError = error(10083, 400, "consumer idle heartbeat needs to be >= 100ms");
/// `consumer in pull mode requires explicit ack policy on workqueue stream`
pub const CONSUMER_PULL_REQUIRES_ACK: ApiError = error(10084, 400, "consumer in pull mode requires explicit ack policy on workqueue stream");
/// `consumer in pull mode requires a durable name`
pub const CONSUMER_PULL_NOT_DURABLE: ApiError = error(10085, 400, "consumer in pull mode requires a durable name");
/// `consumer in pull mode can not have rate limit set`
pub const CONSUMER_PULL_WITH_RATE_LIMIT: ApiError = error(10086, 400, "consumer in pull mode can not have rate limit set");
/// `consumer max waiting needs to be positive`
pub const CONSUMER_MAX_WAITING_NEGATIVE: ApiError = error(10087, 400, "consumer max waiting needs to be positive");
/// `consumer idle heartbeat requires a push based consumer`
pub const CONSUMER_HB_REQUIRES_PUSH: ApiError = error(10088, 400, "consumer idle heartbeat requires a push based consumer");
/// `consumer flow control requires a push based consumer`
pub const CONSUMER_FC_REQUIRES_PUSH: ApiError = error(10089, 400, "consumer flow control requires a push based consumer");
/// `consumer direct requires a push based consumer`
pub const CONSUMER_DIRECT_REQUIRES_PUSH: ApiError = error(10090, 400, "consumer direct requires a push based consumer");
/// `consumer direct requires an ephemeral consumer`
pub const CONSUMER_DIRECT_REQUIRES_EPHEMERAL: ApiError = error(10091, 400, "consumer direct requires an ephemeral consumer");
/// `consumer direct on a mapped consumer`
pub const CONSUMER_ON_MAPPED: ApiError = error(10092, 400, "consumer direct on a mapped consumer");
/// `consumer filter subject is not a valid subset of the interest subjects`
pub const CONSUMER_FILTER_NOT_SUBSET: ApiError = error(10093, 400, "consumer filter subject is not a valid subset of the interest subjects");
/// `{err}`
pub const CONSUMER_INVALID_POLICY: ApiError = error(10094, 400, "{err}");
/// `failed to parse consumer sampling configuration: {err}`
pub const CONSUMER_INVALID_SAMPLING: ApiError = error(10095, 400, "failed to parse consumer sampling configuration: {err}");
/// `stream not valid`
pub const STREAM_INVALID: ApiError = error(10096, 500, "stream not valid");
/// `header size exceeds maximum allowed of 64k`
pub const STREAM_HEADER_EXCEEDS_MAXIMUM: ApiError = error(10097, 400, "header size exceeds maximum allowed of 64k");
/// `workqueue stream requires explicit ack`
pub const CONSUMER_WQ_REQUIRES_EXPLICIT_ACK: ApiError = error(10098, 400, "workqueue stream requires explicit ack");
/// `multiple non-filtered consumers not allowed on workqueue stream`
pub const CONSUMER_WQ_MULTIPLE_UNFILTERED: ApiError = error(10099, 400, "multiple non-filtered consumers not allowed on workqueue stream");
/// `filtered consumer not unique on workqueue stream`
pub const CONSUMER_WQ_CONSUMER_NOT_UNIQUE: ApiError = error(10100, 400, "filtered consumer not unique on workqueue stream");
/// `consumer must be deliver all on workqueue stream`
pub const CONSUMER_WQ_CONSUMER_NOT_DELIVER_ALL: ApiError = error(10101, 400, "consumer must be deliver all on workqueue stream");
/// `consumer name is too long, maximum allowed is {max}`
pub const CONSUMER_NAME_TOO_LONG: ApiError = error(10102, 400, "consumer name is too long, maximum allowed is {max}");
/// `durable name can not contain '.', '*', '>'`
pub const CONSUMER_BAD_DURABLE_NAME: ApiError = error(10103, 400, "durable name can not contain '.', '*', '>'");
/// `error creating store for consumer: {err}`
pub const CONSUMER_STORE_FAILED: ApiError = error(10104, 500, "error creating store for consumer: {err}");
/// `consumer already exists and is still active`
pub const CONSUMER_EXISTING_ACTIVE: ApiError = error(10105, 400, "consumer already exists and is still active");
/// `consumer replacement durable config not the same`
pub const CONSUMER_REPLACEMENT_WITH_DIFFERENT_NAME: ApiError = error(10106, 400, "consumer replacement durable config not the same");
/// `consumer description is too long, maximum allowed is {max}`
pub const CONSUMER_DESCRIPTION_TOO_LONG: ApiError = error(10107, 400, "consumer description is too long, maximum allowed is {max}");
/// `consumer with flow control also needs heartbeats`
pub const CONSUMER_WITH_FLOW_CONTROL_NEEDS_HEARTBEATS: ApiError = error(10108, 400, "consumer with flow control also needs heartbeats");
/// `invalid operation on sealed stream`
pub const STREAM_SEALED: ApiError = error(10109, 400, "invalid operation on sealed stream");
/// `{err}`
pub const STREAM_PURGE_FAILED: ApiError = error(10110, 500, "{err}");
/// `{err}`
pub const STREAM_ROLLUP_FAILED: ApiError = error(10111, 500, "{err}");
/// `invalid push consumer deliver subject`
pub const CONSUMER_INVALID_DELIVER_SUBJECT: ApiError = error(10112, 400, "invalid push consumer deliver subject");
/// `account requires a stream config to have max bytes set`
pub const STREAM_MAX_BYTES_REQUIRED: ApiError = error(10113, 400, "account requires a stream config to have max bytes set");
/// `consumer max request batch needs to be > 0`
pub const CONSUMER_MAX_REQUEST_BATCH_NEGATIVE: ApiError = error(10114, 400, "consumer max request batch needs to be > 0");
/// `consumer max request expires needs to be >= 1ms`
pub const CONSUMER_MAX_REQUEST_EXPIRES_TOO_SMALL: ApiError = error(10115, 400, "consumer max request expires needs to be >= 1ms");
/// `max deliver is required to be > length of backoff values`
pub const CONSUMER_MAX_DELIVER_BACKOFF: ApiError = error(10116, 400, "max deliver is required to be > length of backoff values");
/// `subject details would exceed maximum allowed`
pub const STREAM_INFO_MAX_SUBJECTS: ApiError = error(10117, 500, "subject details would exceed maximum allowed");
/// `stream is offline`
pub const STREAM_OFFLINE: ApiError = error(10118, 500, "stream is offline");
/// `consumer is offline`
pub const CONSUMER_OFFLINE: ApiError = error(10119, 500, "consumer is offline");
/// `no JetStream default or applicable tiered limit present`
pub const NO_LIMITS: ApiError = error(10120, 400, "no JetStream default or applicable tiered limit present");
/// `consumer max ack pending exceeds system limit of {limit}`
pub const CONSUMER_MAX_PENDING_ACK_EXCESS: ApiError = error(10121, 400, "consumer max ack pending exceeds system limit of {limit}");
/// `stream max bytes exceeds account limit max stream bytes`
pub const STREAM_MAX_STREAM_BYTES_EXCEEDED: ApiError = error(10122, 400, "stream max bytes exceeds account limit max stream bytes");
/// `can not move and scale a stream in a single update`
pub const STREAM_MOVE_AND_SCALE: ApiError = error(10123, 400, "can not move and scale a stream in a single update");
/// `stream move already in progress`
pub const STREAM_MOVE_IN_PROGRESS: ApiError = error(10124, 400, "stream move already in progress");
/// `consumer max request batch exceeds server limit of {limit}`
pub const CONSUMER_MAX_REQUEST_BATCH_EXCEEDED: ApiError = error(10125, 400, "consumer max request batch exceeds server limit of {limit}");
/// `consumer config replica count exceeds parent stream`
pub const CONSUMER_REPLICAS_EXCEEDS_STREAM: ApiError = error(10126, 400, "consumer config replica count exceeds parent stream");
/// `Consumer name can not contain path separators`
pub const CONSUMER_NAME_CONTAINS_PATH_SEPARATORS: ApiError = error(10127, 400, "Consumer name can not contain path separators");
/// `Stream name can not contain path separators`
pub const STREAM_NAME_CONTAINS_PATH_SEPARATORS: ApiError = error(10128, 400, "Stream name can not contain path separators");
/// `stream reconfiguration not in progress`
pub const STREAM_RECONFIGURE_NOT_IN_PROGRESS: ApiError = error(10129, 400, "stream reconfiguration not in progress");
/// `stream name already in use, cannot restore`
pub const STREAM_NAME_EXIST_RESTORE_FAILED: ApiError = error(10130, 400, "stream name already in use, cannot restore");
/// `Consumer create request did not match filtered subject from create subject`
pub const CONSUMER_CREATE_FILTER_SUBJECT_MISMATCH: ApiError = error(10131, 400, "Consumer create request did not match filtered subject from create subject");
/// `Consumer Durable and Name have to be equal if both are provided`
pub const CONSUMER_CREATE_DURABLE_AND_NAME_MISMATCH: ApiError = error(10132, 400, "Consumer Durable and Name have to be equal if both are provided");
/// `replicas count cannot be negative`
pub const REPLICAS_COUNT_CANNOT_BE_NEGATIVE: ApiError = error(10133, 400, "replicas count cannot be negative");
/// `consumer config replicas must match interest retention stream's replicas`
pub const CONSUMER_REPLICAS_SHOULD_MATCH_STREAM: ApiError = error(10134, 400, "consumer config replicas must match interest retention stream's replicas");
/// `consumer metadata exceeds maximum size of {limit}`
pub const CONSUMER_METADATA_LENGTH: ApiError = error(10135, 400, "consumer metadata exceeds maximum size of {limit}");
/// `consumer cannot have both FilterSubject and FilterSubjects specified`
pub const CONSUMER_DUPLICATE_FILTER_SUBJECTS: ApiError = error(10136, 400, "consumer cannot have both FilterSubject and FilterSubjects specified");
/// `consumer with multiple subject filters cannot use subject based API`
pub const CONSUMER_MULTIPLE_FILTERS_NOT_ALLOWED: ApiError = error(10137, 400, "consumer with multiple subject filters cannot use subject based API");
/// `consumer subject filters cannot overlap`
pub const CONSUMER_OVERLAPPING_SUBJECT_FILTERS: ApiError = error(10138, 400, "consumer subject filters cannot overlap");
/// `consumer filter in FilterSubjects cannot be empty`
pub const CONSUMER_EMPTY_FILTER: ApiError = error(10139, 400, "consumer filter in FilterSubjects cannot be empty");
/// `duplicate source configuration detected`
pub const SOURCE_DUPLICATE_DETECTED: ApiError = error(10140, 400, "duplicate source configuration detected");
/// `sourced stream name is invalid`
pub const SOURCE_INVALID_STREAM_NAME: ApiError = error(10141, 400, "sourced stream name is invalid");
/// `mirrored stream name is invalid`
pub const MIRROR_INVALID_STREAM_NAME: ApiError = error(10142, 400, "mirrored stream name is invalid");
/// `stream mirrors can not have first sequence configured`
pub const MIRROR_WITH_FIRST_SEQ: ApiError = error(10143, 400, "stream mirrors can not have first sequence configured");
/// `source with multiple subject transforms cannot also have a single subject filter`
pub const SOURCE_MULTIPLE_FILTERS_NOT_ALLOWED: ApiError = error(10144, 400, "source with multiple subject transforms cannot also have a single subject filter");
/// `source transform source: {err}`
pub const SOURCE_INVALID_SUBJECT_FILTER: ApiError = error(10145, 400, "source transform source: {err}");
/// `source transform: {err}`
pub const SOURCE_INVALID_TRANSFORM_DESTINATION: ApiError = error(10146, 400, "source transform: {err}");
/// `source filters can not overlap`
pub const SOURCE_OVERLAPPING_SUBJECT_FILTERS: ApiError = error(10147, 400, "source filters can not overlap");
/// `consumer already exists`
pub const CONSUMER_ALREADY_EXISTS: ApiError = error(10148, 400, "consumer already exists");
/// `consumer does not exist`
pub const CONSUMER_DOES_NOT_EXIST: ApiError = error(10149, 400, "consumer does not exist");
/// `mirror with multiple subject transforms cannot also have a single subject filter`
pub const MIRROR_MULTIPLE_FILTERS_NOT_ALLOWED: ApiError = error(10150, 400, "mirror with multiple subject transforms cannot also have a single subject filter");
/// `mirror transform source: {err}`
pub const MIRROR_INVALID_SUBJECT_FILTER: ApiError = error(10151, 400, "mirror transform source: {err}");
/// `mirror subject filters can not overlap`
pub const MIRROR_OVERLAPPING_SUBJECT_FILTERS: ApiError = error(10152, 400, "mirror subject filters can not overlap");
/// `consumer inactive threshold exceeds system limit of {limit}`
pub const CONSUMER_INACTIVE_THRESHOLD_EXCESS: ApiError = error(10153, 400, "consumer inactive threshold exceeds system limit of {limit}");
/// `mirror transform: {err}`
pub const MIRROR_INVALID_TRANSFORM_DESTINATION: ApiError = error(10154, 400, "mirror transform: {err}");
/// `stream transform source: {err}`
pub const STREAM_TRANSFORM_INVALID_SOURCE: ApiError = error(10155, 400, "stream transform source: {err}");
/// `stream transform: {err}`
pub const STREAM_TRANSFORM_INVALID_DESTINATION: ApiError = error(10156, 400, "stream transform: {err}");
/// `pedantic mode: {err}`
pub const PEDANTIC: ApiError = error(10157, 400, "pedantic mode: {err}");
/// `duplicate message id is in process`
pub const STREAM_DUPLICATE_MESSAGE_CONFLICT: ApiError = error(10158, 409, "duplicate message id is in process");
/// `Setting PriorityPolicy requires at least one PriorityGroup to be set`
pub const CONSUMER_PRIORITY_POLICY_WITHOUT_GROUP: ApiError = error(10159, 400, "Setting PriorityPolicy requires at least one PriorityGroup to be set");
/// `Provided priority group does not exist for this consumer`
pub const CONSUMER_INVALID_PRIORITY_GROUP: ApiError = error(10160, 400, "Provided priority group does not exist for this consumer");
/// `Group name cannot be an empty string`
pub const CONSUMER_EMPTY_GROUP_NAME: ApiError = error(10161, 400, "Group name cannot be an empty string");
/// `Valid priority group name must match A-Z, a-z, 0-9, -_/=)+ and may not exceed 16 characters`
pub const CONSUMER_INVALID_GROUP_NAME: ApiError = error(10162, 400, "Valid priority group name must match A-Z, a-z, 0-9, -_/=)+ and may not exceed 16 characters");
/// `expected last sequence per subject temporarily unavailable`
pub const STREAM_EXPECTED_LAST_SEQ_PER_SUBJECT_NOT_READY: ApiError = error(10163, 503, "expected last sequence per subject temporarily unavailable");
/// `wrong last sequence`
pub const STREAM_WRONG_LAST_SEQUENCE_CONSTANT: ApiError = error(10164, 400, "wrong last sequence");
/// `invalid per-message TTL`
pub const MESSAGE_TTL_INVALID: ApiError = error(10165, 400, "invalid per-message TTL");
/// `per-message TTL is disabled`
pub const MESSAGE_TTL_DISABLED: ApiError = error(10166, 400, "per-message TTL is disabled");
/// `too many requests`
pub const STREAM_TOO_MANY_REQUESTS: ApiError = error(10167, 429, "too many requests");
/// `message counters is disabled`
pub const MESSAGE_INCR_DISABLED: ApiError = error(10168, 400, "message counters is disabled");
/// `message counter increment is missing`
pub const MESSAGE_INCR_MISSING: ApiError = error(10169, 400, "message counter increment is missing");
/// `message counter has payload`
pub const MESSAGE_INCR_PAYLOAD: ApiError = error(10170, 400, "message counter has payload");
/// `message counter increment is invalid`
pub const MESSAGE_INCR_INVALID: ApiError = error(10171, 400, "message counter increment is invalid");
/// `message counter is broken`
pub const MESSAGE_COUNTER_BROKEN: ApiError = error(10172, 400, "message counter is broken");
/// `stream mirrors can not also calculate counters`
pub const MIRROR_WITH_COUNTERS: ApiError = error(10173, 400, "stream mirrors can not also calculate counters");
/// `atomic publish is disabled`
pub const ATOMIC_PUBLISH_DISABLED: ApiError = error(10174, 400, "atomic publish is disabled");
/// `atomic publish sequence is missing`
pub const ATOMIC_PUBLISH_MISSING_SEQ: ApiError = error(10175, 400, "atomic publish sequence is missing");
/// `atomic publish batch is incomplete`
pub const ATOMIC_PUBLISH_INCOMPLETE_BATCH: ApiError = error(10176, 400, "atomic publish batch is incomplete");
/// `atomic publish unsupported header used: {header}`
pub const ATOMIC_PUBLISH_UNSUPPORTED_HEADER_BATCH: ApiError = error(10177, 400, "atomic publish unsupported header used: {header}");
/// `priority groups can not be used with push consumers`
pub const CONSUMER_PUSH_WITH_PRIORITY_GROUP: ApiError = error(10178, 400, "priority groups can not be used with push consumers");
/// `atomic publish batch ID is invalid`
pub const ATOMIC_PUBLISH_INVALID_BATCH_ID: ApiError = error(10179, 400, "atomic publish batch ID is invalid");
/// `min last sequence`
pub const STREAM_MIN_LAST_SEQ: ApiError = error(10180, 412, "min last sequence");
/// `consumer ack policy invalid`
pub const CONSUMER_ACK_POLICY_INVALID: ApiError = error(10181, 400, "consumer ack policy invalid");
/// `consumer replay policy invalid`
pub const CONSUMER_REPLAY_POLICY_INVALID: ApiError = error(10182, 400, "consumer replay policy invalid");
/// `consumer ack wait needs to be positive`
pub const CONSUMER_ACK_WAIT_NEGATIVE: ApiError = error(10183, 400, "consumer ack wait needs to be positive");
/// `consumer backoff needs to be positive`
pub const CONSUMER_BACK_OFF_NEGATIVE: ApiError = error(10184, 400, "consumer backoff needs to be positive");
/// `JetStream minimum api level required`
pub const REQUIRED_API_LEVEL: ApiError = error(10185, 412, "JetStream minimum api level required");
/// `stream mirrors can not also schedule messages`
pub const MIRROR_WITH_MSG_SCHEDULES: ApiError = error(10186, 400, "stream mirrors can not also schedule messages");
/// `stream source can not also schedule messages`
pub const SOURCE_WITH_MSG_SCHEDULES: ApiError = error(10187, 400, "stream source can not also schedule messages");
/// `message schedules is disabled`
pub const MESSAGE_SCHEDULES_DISABLED: ApiError = error(10188, 400, "message schedules is disabled");
/// `message schedules pattern is invalid`
pub const MESSAGE_SCHEDULES_PATTERN_INVALID: ApiError = error(10189, 400, "message schedules pattern is invalid");
/// `message schedules target is invalid`
pub const MESSAGE_SCHEDULES_TARGET_INVALID: ApiError = error(10190, 400, "message schedules target is invalid");
/// `message schedules invalid per-message TTL`
pub const MESSAGE_SCHEDULES_TTL_INVALID: ApiError = error(10191, 400, "message schedules invalid per-message TTL");
/// `message schedules invalid rollup`
pub const MESSAGE_SCHEDULES_ROLLUP_INVALID: ApiError = error(10192, 400, "message schedules invalid rollup");
/// `missing sequence for expected last sequence per subject`
pub const STREAM_EXPECTED_LAST_SEQ_PER_SUBJECT_INVALID: ApiError = error(10193, 400, "missing sequence for expected last sequence per subject");
/// `stream is offline: {err}`
pub const STREAM_OFFLINE_REASON: ApiError = error(10194, 500, "stream is offline: {err}");
/// `consumer is offline: {err}`
pub const CONSUMER_OFFLINE_REASON: ApiError = error(10195, 500, "consumer is offline: {err}");
/// `consumer can not have priority groups when policy is none`
pub const CONSUMER_PRIORITY_GROUP_WITH_POLICY_NONE: ApiError = error(10196, 400, "consumer can not have priority groups when policy is none");
/// `PinnedTTL cannot be set when PriorityPolicy is none`
pub const CONSUMER_PINNED_TTL_WITHOUT_PRIORITY_POLICY_NONE: ApiError = error(10197, 400, "PinnedTTL cannot be set when PriorityPolicy is none");
/// `stream mirrors can not also use atomic publishing`
pub const MIRROR_WITH_ATOMIC_PUBLISH: ApiError = error(10198, 400, "stream mirrors can not also use atomic publishing");
/// `atomic publish batch is too large: {size}`
pub const ATOMIC_PUBLISH_TOO_LARGE_BATCH: ApiError = error(10199, 400, "atomic publish batch is too large: {size}");
/// `atomic publish batch commit is invalid`
pub const ATOMIC_PUBLISH_INVALID_BATCH_COMMIT: ApiError = error(10200, 400, "atomic publish batch commit is invalid");
/// `atomic publish batch contains duplicate message id`
pub const ATOMIC_PUBLISH_CONTAINS_DUPLICATE_MESSAGE: ApiError = error(10201, 400, "atomic publish batch contains duplicate message id");
/// `cluster member change is in progress`
pub const CLUSTER_SERVER_MEMBER_CHANGE_INFLIGHT: ApiError = error(10202, 400, "cluster member change is in progress");
/// `message schedules source is invalid`
pub const MESSAGE_SCHEDULES_SOURCE_INVALID: ApiError = error(10203, 400, "message schedules source is invalid");
/// `invalid reset: {err}`
pub const CONSUMER_INVALID_RESET: ApiError = error(10204, 400, "invalid reset: {err}");
/// `batch publish is disabled`
pub const BATCH_PUBLISH_DISABLED: ApiError = error(10205, 400, "batch publish is disabled");
/// `batch publish pattern is invalid`
pub const BATCH_PUBLISH_INVALID_PATTERN: ApiError = error(10206, 400, "batch publish pattern is invalid");
/// `batch publish ID is invalid`
pub const BATCH_PUBLISH_INVALID_BATCH_ID: ApiError = error(10207, 400, "batch publish ID is invalid");
/// `batch publish ID unknown`
pub const BATCH_PUBLISH_UNKNOWN_BATCH_ID: ApiError = error(10208, 400, "batch publish ID unknown");
/// `stream mirrors can not also use batch publishing`
pub const MIRROR_WITH_BATCH_PUBLISH: ApiError = error(10209, 400, "stream mirrors can not also use batch publishing");
/// `atomic publish too many inflight`
pub const ATOMIC_PUBLISH_TOO_MANY_INFLIGHT: ApiError = error(10210, 429, "atomic publish too many inflight");
/// `batch publish too many inflight`
pub const BATCH_PUBLISH_TOO_MANY_INFLIGHT: ApiError = error(10211, 429, "batch publish too many inflight");
/// `message schedules invalid scheduler`
pub const MESSAGE_SCHEDULES_SCHEDULER_INVALID: ApiError = error(10212, 400, "message schedules invalid scheduler");
/// `stream mirror consumer config is invalid`
pub const MIRROR_DURABLE_CONSUMER_CFG_INVALID: ApiError = error(10213, 400, "stream mirror consumer config is invalid");
/// `stream mirror consumer requires flow control ack policy`
pub const MIRROR_CONSUMER_REQUIRES_ACK_FC: ApiError = error(10214, 400, "stream mirror consumer requires flow control ack policy");
/// `stream source consumer config is invalid`
pub const SOURCE_DURABLE_CONSUMER_CFG_INVALID: ApiError = error(10215, 400, "stream source consumer config is invalid");
/// `duplicate stream source consumer detected`
pub const SOURCE_DURABLE_CONSUMER_DUPLICATE_DETECTED: ApiError = error(10216, 400, "duplicate stream source consumer detected");
/// `stream source consumer requires flow control ack policy`
pub const SOURCE_CONSUMER_REQUIRES_ACK_FC: ApiError = error(10217, 400, "stream source consumer requires flow control ack policy");
/// `flow control ack policy requires a push based consumer`
pub const CONSUMER_ACK_FC_REQUIRES_PUSH: ApiError = error(10218, 400, "flow control ack policy requires a push based consumer");
/// `flow control ack policy requires flow control`
pub const CONSUMER_ACK_FC_REQUIRES_FC: ApiError = error(10219, 400, "flow control ack policy requires flow control");
/// `flow control ack policy requires max ack pending`
pub const CONSUMER_ACK_FC_REQUIRES_MAX_ACK_PENDING: ApiError = error(10220, 400, "flow control ack policy requires max ack pending");
/// `flow control ack policy requires unset ack wait`
pub const CONSUMER_ACK_FC_REQUIRES_NO_ACK_WAIT: ApiError = error(10221, 400, "flow control ack policy requires unset ack wait");
/// `flow control ack policy requires unset max deliver`
pub const CONSUMER_ACK_FC_REQUIRES_NO_MAX_DELIVER: ApiError = error(10222, 400, "flow control ack policy requires unset max deliver");
/// `message schedules time zone is invalid`
pub const MESSAGE_SCHEDULES_TIME_ZONE_INVALID: ApiError = error(10223, 400, "message schedules time zone is invalid");
/// `JetStream system rescue not applied: {err}`
pub const CLUSTER_RESCUE: ApiError = error(10224, 400, "JetStream system rescue not applied: {err}");
/// `consumer's stream identity does not match: {msg}`
pub const CONSUMER_STREAM_IDENTITY_MISMATCH: ApiError = error(10225, 400, "consumer's stream identity does not match: {msg}");
/// `stream reconfiguration already in progress`
pub const STREAM_RECONFIGURE_IN_PROGRESS: ApiError = error(10226, 400, "stream reconfiguration already in progress");
/// `message stream source header is not allowed`
pub const MESSAGE_SOURCE_HDR_NOT_ALLOWED: ApiError = error(10227, 400, "message stream source header is not allowed");
/// `stream source consumer stalled on flow control`
pub const SOURCE_CONSUMER_FLOW_CONTROL_STALLED: ApiError = error(10228, 500, "stream source consumer stalled on flow control");
