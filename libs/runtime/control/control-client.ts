import type { JsonObject } from '#kernel/json.ts';
import { request } from '../node-http.ts';
import type { ControlCommandName } from './control-commands.ts';
import { controlSocket } from './control-server.ts';

/** What a running server answered. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

/** Sends a command to the server that holds the data directory; null when none is running there. */
export function askRunningServer(dataDir: string, command: ControlCommandName, input: JsonObject): Promise<ControlAnswer | null> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: controlSocket(dataDir), path: `/${command}`, method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as JsonObject }));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR' ? resolve(null) : reject(error)));
    outgoing.end(JSON.stringify(input));
  });
}
