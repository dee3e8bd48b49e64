/** A store refused, failed or left the outcome unknown. Answered 503 with Retry-After; the caller may repeat. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}

/** A stream holds an event that this program cannot read: everything that depends on it is refused, others go on. */
export class StreamDenied extends Error {
  readonly stream: string;
  constructor(stream: string, options?: ErrorOptions) {
    super(`stream ${stream} is denied: it holds an event that cannot be read`, options);
    this.name = 'StreamDenied';
    this.stream = stream;
  }
}
