import { toMilliseconds } from '#ports/clock.ts';
import { hasAccounts } from './bootstrap.ts';
import type { Core } from './core.ts';

/** One thing that was looked at. `problem`: it must be mended; `notice`: it is looser than the default, or worth knowing. */
export interface Finding {
  readonly level: 'ok' | 'notice' | 'problem';
  readonly subject: string;
  readonly message: string;
}

const YEAR_MS = 365 * 24 * 3600 * 1000;

/** Looks at configuration and store from inside. Changes nothing. */
export async function examine(core: Core): Promise<readonly Finding[]> {
  return [...examinePolicy(core), ...examineIssuer(core), ...(await examineKeys(core)), await examineAccounts(core), await examineVault(core)];
}

function examinePolicy({ config }: Core): readonly Finding[] {
  const { policy } = config;
  const loosened: readonly (readonly [boolean, string, string])[] = [
    [policy.pkceForConfidentialClients === 'optional', 'policy.pkceForConfidentialClients', 'confidential clients may leave out PKCE'],
    [policy.passwordGrant !== 'off', 'policy.passwordGrant', 'first-party clients may send passwords'],
    [policy.registration === 'open', 'policy.registration', 'anyone may register a client'],
    [policy.clientAssertionAudience !== 'issuer', 'policy.clientAssertionAudience', 'client assertions may name the token endpoint'],
    [config.outbound.allow.length > 0, 'outbound.allow', `may be fetched although not public: ${config.outbound.allow.join(', ')}`],
  ];
  const findings = loosened.filter(([isLoose]) => isLoose).map(([, subject, message]): Finding => ({ level: 'notice', subject, message }));
  return findings.length > 0 ? findings : [{ level: 'ok', subject: 'policy', message: 'every switch is at its strict default' }];
}

function examineIssuer({ issuer, config }: Core): readonly Finding[] {
  const findings: Finding[] = [];
  if (issuer.startsWith('http:')) findings.push({ level: 'notice', subject: 'issuer', message: `${issuer} is plain http: for development only` });
  else findings.push({ level: 'ok', subject: 'issuer', message: issuer });
  if (issuer.startsWith('https:') && config.tls === null && config.trustedProxies.length === 0) {
    findings.push({ level: 'notice', subject: 'trustedProxies', message: 'the issuer is https but neither tls nor a trusted proxy is set: callers’ addresses will all be the proxy’s' });
  }
  return findings;
}

async function examineKeys(core: Core): Promise<readonly Finding[]> {
  const keys = await core.keys.keys();
  const algorithms = [...new Set(keys.map((key) => key.alg))];
  return algorithms.map((alg) => {
    const active = keys.find((key) => key.alg === alg && key.status === 'active');
    const announced = keys.some((key) => key.alg === alg && key.status === 'announced');
    if (active === undefined || !announced) return { level: 'problem', subject: `signing keys ${alg}`, message: 'an active and an announced key are needed; run grantlog keys rotate' };
    const isOld = core.clock.now() - toMilliseconds(active.activatedAt ?? active.createdAt) > YEAR_MS;
    return isOld ? { level: 'notice', subject: `signing keys ${alg}`, message: 'the active key is over a year old; run grantlog keys rotate' } : { level: 'ok', subject: `signing keys ${alg}`, message: `active ${active.kid}` };
  });
}

async function examineAccounts(core: Core): Promise<Finding> {
  return (await hasAccounts(core))
    ? { level: 'ok', subject: 'accounts', message: 'there are accounts that can sign in' }
    : { level: 'notice', subject: 'accounts', message: 'there is no account yet: nobody can sign in; name one under bootstrap.accounts' };
}

async function examineVault(core: Core): Promise<Finding> {
  try {
    await core.credentialKeys.active();
    return { level: 'ok', subject: 'master key', message: 'opens the keys of this store' };
  } catch (error) {
    return { level: 'problem', subject: 'master key', message: error instanceof Error ? error.message : 'does not open the keys of this store' };
  }
}
