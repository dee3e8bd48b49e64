import { secretHash } from '#credentials/credential-keys.ts';
import { subjectKey } from '#credentials/personal-data.ts';
import { sealCode } from '#credentials/sealed-token.ts';
import { toInstant } from '#ports/clock.ts';
import { originFields, originOf } from '#runtime/caller.ts';
import type { Core } from '#runtime/core.ts';
import { type Approval, grantFact } from './approval.ts';
import { authorize as decide } from './decider.ts';
import { grants } from './projection.ts';

export interface CodeRequest extends Approval {
  readonly redirectUri: string;
  readonly codeChallenge: string | null;
  readonly nonce: string | null;
}

/** Turns an approval into a grant and its authorization code (RFC 6749 4.1.2): one append, a new stream. Answers the code. */
export async function authorize(core: Core, request: CodeRequest): Promise<string> {
  const { signedIn, caller } = request;
  const { sub } = signedIn.account.state;
  const grantId = core.random.uuid();
  const key = await core.credentialKeys.active();
  const secret = core.random.bytes(32);
  const command = {
    grant: grantFact('authorization_code', request),
    code: {
      hash: secretHash(secret),
      key_id: key.id,
      redirect_uri: request.redirectUri,
      code_challenge: request.codeChallenge,
      nonce: request.nonce,
      expires_at: toInstant(core.clock.now() + core.config.lifetimes.authorizationCode * 1000),
    },
    origin: originFields(caller, subjectKey(sub)),
  };
  const { document } = await core.commands.handle(grants, grantId, decide, command, originOf(caller, { kind: 'account', id: sub }), { document: null });
  return sealCode(key, core.random, { grantId, revision: document?.revision ?? 0 }, secret);
}
