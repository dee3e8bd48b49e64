import { chmodSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { JsonObject } from '#kernel/json.ts';
import type { Core } from '../core.ts';
import { createServer } from '../node-http.ts';
import { CONTROL_COMMANDS, isControlCommand } from './control-commands.ts';

/** In the data directory, mode 0600: whoever may read the store may use it. */
export const controlSocket = (dataDir: string): string => join(dataDir, 'control.sock');

/** A Unix socket address holds no more (sun_path). */
const MAX_SOCKET_PATH = 103;
const MAX_BODY = 65_536;

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY) throw new SyntaxError('the input is too large');
  }
  return text === '' ? {} : JSON.parse(text);
}

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Lets the command line work beside a running embedded server, which alone may open the store: `POST /<command>` with JSON over a Unix socket.
 * Without a socket (the path is too long for one) the server runs all the same, and says so.
 */
export async function listenForControl(core: Core): Promise<ControlServer> {
  const path = controlSocket(core.config.dataDir);
  if (path.length > MAX_SOCKET_PATH) {
    core.log.warn({ path }, 'no control socket: the path of the data directory is too long for one');
    return { close: async () => {} };
  }
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: JsonObject) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const name = (request.url ?? '').slice(1);
    if (request.method !== 'POST' || !isControlCommand(name)) return answer(404, { error: 'unknown command' });
    try {
      const input = CONTROL_COMMANDS[name].input.safeParse(await bodyOf(request));
      if (!input.success) return answer(400, { error: 'the input is not valid' });
      return answer(200, await CONTROL_COMMANDS[name].run(core, input.data));
    } catch (error) {
      if (error instanceof SyntaxError) return answer(400, { error: 'the input is not JSON' });
      core.log.error({ err: error, command: name }, 'a command of the control socket failed');
      return answer(503, { error: error instanceof Error ? error.message : 'failed' });
    }
  });
  // The lock on the directory is ours, so a socket that is there was left by a process that is gone.
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
