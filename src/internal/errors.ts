/** What goes wrong with messages that code of this process publishes or asks for. Each error says what to do. */

export class MessagingError extends Error {
  override readonly name: string = 'MessagingError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Nobody is subscribed to the subject of a request, or whoever is has no room for more. */
export class NoRespondersError extends MessagingError {
  override readonly name = 'NoRespondersError';
  readonly subject: string;

  constructor(subject: string) {
    super('NO_RESPONDERS', `nobody answers requests on "${subject}": subscribe to it first, or try again later`);
    this.subject = subject;
  }
}

/** No answer came in time. */
export class RequestTimeoutError extends MessagingError {
  override readonly name = 'RequestTimeoutError';
  readonly subject: string;

  constructor(subject: string, timeoutMs: number) {
    super(
      'REQUEST_TIMEOUT',
      `no answer to the request on "${subject}" within ${timeoutMs} ms: set the option timeoutMs if it may take longer`,
    );
    this.subject = subject;
  }
}

/** No account has this name, or none has it any more. */
export class NoAccountError extends MessagingError {
  override readonly name = 'NoAccountError';
  readonly account: string;

  constructor(account: string) {
    super('NO_ACCOUNT', `there is no account ${JSON.stringify(account)}: name one of the option accounts`);
    this.account = account;
  }
}

export function invalidSubject(what: string, subject: unknown): MessagingError {
  return new MessagingError(
    'INVALID_SUBJECT',
    `${JSON.stringify(subject)} is no ${what}: use tokens without blanks, separated by dots`,
  );
}

export function payloadTooLarge(bytes: number, max: number): MessagingError {
  return new MessagingError(
    'MAX_PAYLOAD',
    `a message of ${bytes} bytes exceeds max_payload (${max}): send less, or raise the option maxPayload`,
  );
}

export function backlogExceeded(bytes: number): MessagingError {
  return new MessagingError(
    'BACKLOG',
    `${bytes} bytes wait to be published: let "await broker.flush()" follow every few thousand messages`,
  );
}
