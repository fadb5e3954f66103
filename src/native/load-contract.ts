/**
 * The typed face of the load generator inside the addon, the part under `nats-bench`.
 *
 * A run goes: connect every client, subscribe and wait until the server has confirmed it, warm up, measure, drain,
 * report. A plan goes down once, as JSON; progress is asked for while it runs; one report comes back, as JSON.
 * Nothing crosses per message. Times are nanoseconds where a name ends in `Ns`, else milliseconds (`Ms`).
 *
 * Payloads carry a stamp: 4 bytes sequence, 4 bytes publisher and mark, 8 bytes send time. Payloads of 8 to 15 bytes
 * carry sequence and publisher only (no latency), shorter ones nothing (only counts). The report says which applied.
 */

/** What one run does. */
export interface LoadPlan {
  /** `host:port`; clients are dealt over them in turn. */
  servers: string[];
  /** Loops; each is lent one worker thread. */
  threads: number;
  credentials?: LoadCredentials;
  tls?: LoadTls;
  connectTimeoutMs: number;
  /** Connections being made at once; all others wait their turn. */
  connectsInFlight: number;
  clients: ClientPlan[];
  ledgers: LedgerPlan[];
  /** Sent, checked and counted, but neither timed nor part of the rates. Whichever comes last ends it. */
  warmup?: { messagesPerSender?: number; ms?: number };
  /** Ends the measured part after this time; without it every sender sends its `messages`. */
  measureMs?: number;
  /** The drain gives up when nothing has arrived for this long. */
  quietMs: number;
  /** Every how many deliveries one latency is recorded; 1: every one. */
  latencyEvery: number;
  /** A process of this machine whose cost is read when measuring begins and when it has ended. */
  watchPid?: number;
}

export interface LoadCredentials {
  user?: string;
  password?: string;
  token?: string;
  /** A user JWT, with the seed that signs the server's nonce. */
  jwt?: string;
  /** Seed of an nkey (`SU…`). */
  nkeySeed?: string;
}

export interface LoadTls {
  /** PEM texts. Without `ca` the system's own roots are trusted. */
  ca?: string;
  cert?: string;
  key?: string;
  serverName?: string;
  /** Accept any certificate. */
  insecure?: boolean;
  /** Handshake before INFO. */
  first?: boolean;
}

/** Messages that belong together: each message of each source arrives here `copies` times in all. */
export interface LedgerPlan {
  name: string;
  /** Deliveries of one message into this ledger; with more than one, duplicates can't be distinguished and are not counted. */
  copies: number;
  /** Deliveries expected besides the sources': what a stream held before. */
  alreadyStored?: number;
}

/** Payload sizes in bytes: one size, evenly between two, or drawn by weight. */
export type SizePlan = { fixed: number } | { min: number; max: number } | { sizes: number[]; weights: number[] };

/**
 * Subjects a sender uses: `{}` in `pattern` is replaced by a number below `count`, in turn or at random. Without `{}`
 * the pattern is the subject.
 */
export interface SubjectsPlan {
  pattern: string;
  count: number;
  /** First number. */
  first?: number;
  order: 'turn' | 'random';
}

export interface SenderPlan {
  subjects: SubjectsPlan;
  size: SizePlan;
  /** Header lines, sent as they are with each message: `[["Nats-Msg-Id-Prefix", "x"]]`. */
  headers?: [string, string][];
  /** Messages in the measured part; ignored when `measureMs` is set. */
  messages?: number;
  /** Open loop: messages per second of this client. Latency then counts from the time a message was due. */
  rate?: number;
  /** Pause between two messages, closed loop. */
  sleepUs?: number;
}

export type ClientPlan = {
  /** Connections like this one, each of its own. */
  connections: number;
  /** Shown in the report, and the CONNECT name. */
  name: string;
} & ClientRole;

export type ClientRole =
  /** Sends and expects nothing back. `ledgers` are those its messages arrive in. */
  | ({ role: 'publisher'; ledgers: number[] } & SenderPlan)
  /** Receives. */
  | { role: 'subscriber'; subscriptions: SubscriptionsPlan; ledger: number }
  /** Sends with a reply inbox and keeps `window` requests unanswered. */
  | ({ role: 'requester'; window: number; answer: AnswerKind; ledgers: number[]; batch?: number } & SenderPlan)
  /** Answers every request with its own bytes, or with `replySize` bytes behind the request's stamp. */
  | { role: 'responder'; subscriptions: SubscriptionsPlan; replySize?: number }
  /** Asks a pull consumer for messages. */
  | ({ role: 'puller'; ledger: number } & PullPlan)
  /** Receives what a push consumer with flow control and heartbeats delivers (ordered reading). */
  | { role: 'ordered'; subject: string; ledger: number; messages: number }
  /** Connects, answers PING and stays. */
  | { role: 'idle' };

/** `{}` in `pattern` is replaced by `first` … `first + count - 1`; connection k of a client takes its k-th share. */
export interface SubscriptionsPlan {
  pattern: string;
  count: number;
  first?: number;
  queue?: string;
  /** Share the subjects among the client's connections, instead of all of them on each. */
  split?: boolean;
}

/**
 * What the answer to a request has to be. `echo`: the request's stamp comes back. `puback`: a PubAck without `error`.
 * `message`: any message that is no error status (direct get). `any`: anything but 503.
 */
export type AnswerKind = 'echo' | 'puback' | 'message' | 'any';

export interface PullPlan {
  stream: string;
  consumer: string;
  /** API prefix, `$JS.API`. */
  prefix: string;
  /** Messages asked for at once. */
  batch: number;
  /** `consume`: ask again at half; `fetch`: ask again when a batch has ended. */
  style: 'consume' | 'fetch';
  expiresMs: number;
  ack: 'none' | 'explicit' | 'double';
  /** All pullers together end after this many. */
  messages: number;
}

export type LoadPhase = 'connecting' | 'subscribing' | 'warming up' | 'measuring' | 'draining' | 'done';

/** The state of a run under way: for progress bars. */
export interface LoadProgress {
  phase: LoadPhase;
  connected: number;
  /** Of the measured part. */
  published: number;
  delivered: number;
  /** Messages the measured part has to publish; 0 when time ends it. */
  target: number;
  elapsedMs: number;
}

/** Values in nanoseconds; `counts` are [value, how many], in order, as fine as the histogram (3 significant digits). */
export interface LoadHistogram {
  count: number;
  minNs: number;
  maxNs: number;
  meanNs: number;
  /** Lowest value, and how many lie in its bucket. */
  counts: [number, number][];
}

export interface LoadReport {
  /** From the first message of the measured part (where a stream is read: from its begin) to the last delivery (or answer). */
  seconds: number;
  /** From the first to the last message sent. */
  sendSeconds: number;
  published: number;
  /** Messages received, answers included (a PubAck is one); what responders got is not. */
  delivered: number;
  publishedBytes: number;
  deliveredBytes: number;
  clients: LoadClientReport[];
  /** Publish to delivery; requests: there and back. Absent when payloads have no room for a time. */
  latency?: LoadHistogram;
  /** From the start of connecting to the PONG behind CONNECT. */
  connects: LoadHistogram;
  /** From the first connection begun to the last one open. */
  connectSeconds: number;
  /** Messages of the warm-up that were answered; the sums leave them out. */
  warmed: number;
  /** `latency` by client of the plan (same index); null for those that record none. */
  clientLatencies: (LoadHistogram | null)[];
  ledgers: LoadLedgerReport[];
  errors: { text: string; count: number }[];
  /** Receiving connections that the server closed while load ran without saying why: so it treats slow consumers. */
  slowConsumers: number;
  /** Every 100 ms of the measured part; sums since its begin. */
  timeline: { atMs: number; published: number; delivered: number }[];
  process?: LoadProcessCost;
  /** CPU seconds the generator itself took in the measured part. */
  generatorCpuSeconds: number;
  /** What payload sizes left out: `latency`, `sequence`. */
  notMeasured: ('latency' | 'sequence')[];
  /** It was stopped before its end. */
  stopped: boolean;
}

/** One connection; idle ones are left out. */
export interface LoadClientReport {
  name: string;
  role: ClientRole['role'];
  /** Index in the plan's clients, and which of that client's connections. */
  client: number;
  connection: number;
  published: number;
  delivered: number;
  /** From the begin of the whole run's measured part to its own last delivery (answer, or PONG behind the last message). */
  seconds: number;
  /** From the same begin to its own last message sent. */
  sendSeconds: number;
}

export interface LoadLedgerReport {
  name: string;
  expected: number;
  received: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Deliveries of messages that others sent: not checked, and part of `delivered` only where the run is about them. */
  foreign: number;
}

export interface LoadProcessCost {
  cpuSeconds: number;
  userSeconds: number;
  systemSeconds: number;
  peakRssBytes: number;
  rssBytes: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
}

/** The exports of the addon that belong to the load generator. */
export interface LoadAddon {
  /** Takes a `LoadPlan` as JSON; returns a handle. Throws with code `INVALID_PLAN`. Connects nothing yet. */
  createLoad(plan: string): number;
  /**
   * Lends the calling worker thread to one loop of the run; returns when the run has ended. Throws with code
   * `CONNECT_FAILED` (text says which server and why), `AUTH_REFUSED` or `LOAD_FAILED`; the other loops then end too.
   */
  runLoad(load: number, thread: number): void;
  /** A `LoadProgress` as JSON. */
  loadProgress(load: number): string;
  /** Ends the run early; its loops return with what they have. */
  stopLoad(load: number): void;
  /** A `LoadReport` as JSON, once every loop has returned; the handle is gone. */
  finishLoad(load: number): string;
}
