import { Connection, expectStatus, getRequest } from '../connection.ts';
import type { Job } from '../generator.ts';
import type { Target } from '../target.ts';

/** A public document, of which everybody gets the same bytes. `member` is one that it must have. */
export async function document(target: Target, path: string, member: string): Promise<Job> {
  const request = getRequest(target.port, path);
  const connection = await Connection.open(target.port);
  const first = expectStatus(await connection.send(request), 200).body;
  connection.close();
  if (!(member in JSON.parse(first))) throw new Error(`no ${member} in ${path}`);
  return async (own) => {
    const { body } = expectStatus(await own.send(request), 200);
    if (body !== first) throw new Error(`another ${path} than before: ${body}`);
  };
}
