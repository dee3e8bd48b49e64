/** Scopes that OpenID Connect Core 5.4 and 11 define, which need no description in the configuration. */
export type StandardScope = 'openid' | 'profile' | 'email' | 'address' | 'phone' | 'offline_access';

/** What kind of trouble an error page speaks of; several codes share one. */
export type Trouble = 'request' | 'client' | 'denied' | 'interaction' | 'expired' | 'busy' | 'server' | 'missing' | 'other';

export interface TroubleWords {
  readonly title: string;
  readonly explanation: string;
}

/** Every word that the pages say, apart from what comes from outside. One object a language: a missing word is a type error. */
export interface Vocabulary {
  readonly newTab: string;
  readonly policy: string;
  readonly terms: string;
  readonly signIn: {
    readonly title: string;
    readonly titleWithProblem: string;
    readonly introduction: (client: string) => string;
    readonly username: string;
    readonly password: string;
    readonly submit: string;
    readonly credentials: string;
    readonly throttled: string;
    readonly throttledSeconds: (seconds: number) => string;
    readonly throttledMinutes: (minutes: number) => string;
  };
  /** The words of the notice: what is hashed with a consent. */
  readonly notice: {
    readonly title: (client: string) => string;
    readonly introduction: (client: string) => string;
    readonly introductionWithoutScopes: (client: string) => string;
    readonly scopes: { readonly [scope in StandardScope]: string };
    readonly unknownScope: (scope: string) => string;
    readonly recorded: string;
    readonly withdrawable: string;
    readonly ownPolicy: (client: string) => string;
    readonly accept: string;
    readonly deny: string;
  };
  /** The frame around a notice. A change here raises PAGE_VERSION. */
  readonly consent: {
    readonly account: string;
    readonly required: string;
    readonly new: string;
    readonly returnsTo: (host: string) => string;
  };
  readonly error: {
    readonly troubles: { readonly [trouble in Trouble]: TroubleWords };
    readonly code: string;
    readonly description: string;
    readonly guidance: string;
    readonly requestId: string;
  };
  readonly formPost: {
    readonly title: string;
    readonly explanation: (host: string) => string;
    readonly submit: string;
  };
  readonly signedIn: {
    readonly title: string;
    readonly account: string;
    readonly explanation: string;
  };
}
