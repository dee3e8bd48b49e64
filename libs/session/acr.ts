/** Authentication context classes that this server states (OpenID Connect Core 2, `acr`). */
export const SINGLE_FACTOR = 'urn:grantlog:acr:single-factor';
export const ACR_VALUES = [SINGLE_FACTOR] as const;
