import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** Status line and header fields as they came. */
  readonly head: string;
  /** One character a byte. */
  readonly body: string;
}

/**
 * One HTTP/1.1 connection that is kept open, with one request in flight. It knows no more of HTTP than the measured servers use (answers with
 * `content-length`), so that the generator is faster than what it measures.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #onLatency: (milliseconds: number) => void;
  #received = '';
  #pending: { resolve: (answer: Answer) => void; reject: (error: Error) => void; sentAt: number } | null = null;

  private constructor(socket: Socket, onLatency: (milliseconds: number) => void) {
    this.#socket = socket;
    this.#onLatency = onLatency;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk) => this.#receive(String(chunk)));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static open(port: number, onLatency: (milliseconds: number) => void = () => undefined): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket, onLatency));
      });
    });
  }

  /** Sends a whole request, as text of one character a byte. */
  send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, sentAt: performance.now() };
      this.#socket.write(request, 'latin1');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#received = this.#received === '' ? chunk : this.#received + chunk;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.slice(0, end);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    const pending = this.#pending;
    if (length === undefined || pending === null) {
      this.#fail(new Error(`an answer to nothing, or without content-length: ${head}`));
      return;
    }
    const next = end + 4 + Number(length);
    if (this.#received.length < next) return;
    const body = this.#received.slice(end + 4, next);
    this.#received = this.#received.slice(next);
    this.#pending = null;
    this.#onLatency(performance.now() - pending.sentAt);
    pending.resolve({ status: Number(head.slice(9, 12)), head, body });
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = null;
    this.#socket.destroy();
  }
}

const host = (port: number): string => `Host: localhost:${port}\r\n`;

export function getRequest(port: number, path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\n${host(port)}${headers}\r\n`;
}

export function formRequest(port: number, path: string, fields: Readonly<Record<string, string>>, headers = ''): string {
  const body = new URLSearchParams(fields).toString();
  return `POST ${path} HTTP/1.1\r\n${host(port)}${headers}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** @throws Error that shows the answer, unless it has this status */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new Error(`status ${answer.status} instead of ${status}: ${answer.head}\n${answer.body.slice(0, 2000)}`);
  return answer;
}
