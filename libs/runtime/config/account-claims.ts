import { z } from 'zod';

/** Names that say something about a token or a session: the server sets them, no account carries them (RFC 7519 4.1, OpenID Connect Core 2, RFC 9068 2.2). */
const REGISTERED: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'nonce', 'auth_time', 'acr', 'amr', 'azp', 'at_hash', 'c_hash', 's_hash', 'sid'],
  ...['client_id', 'scope', 'cnf', 'act', 'may_act', 'events', 'sub_id', 'typ', 'active', 'token_type', 'username'],
]);

const text = z.string().max(1000);
const isWebUrl = (value: string): boolean => /^https?:\/\/[^/\s]/.test(value) && URL.canParse(value);
const webUrl = text.refine(isWebUrl, 'expected an absolute http or https URL');
const textClaim = (description: string, example: string) => text.exactOptional().meta({ description, examples: [example] });
const urlClaim = (description: string, example: string) => webUrl.exactOptional().meta({ description, examples: [example] });

const address = z.strictObject({
  formatted: textClaim('The whole address, lines separated by line breaks.', '1 Main Street\nExample Town'),
  street_address: textClaim('Street, house number, post box.', '1 Main Street'),
  locality: textClaim('City or town.', 'Example Town'),
  region: textClaim('State, province or region.', 'Example Region'),
  postal_code: textClaim('Postal code.', '12345'),
  country: textClaim('Country.', 'Germany'),
});

/** The standard claims in their types (OpenID Connect Core 5.1); every other claim is free JSON. */
export const accountClaims = z
  .object({
    name: textClaim('Full name.', 'Alice Example'),
    given_name: textClaim('Given names.', 'Alice'),
    family_name: textClaim('Family names.', 'Example'),
    middle_name: textClaim('Middle names.', 'Ann'),
    nickname: textClaim('Casual name.', 'Ally'),
    preferred_username: textClaim('Name by which the person wishes to be referred to.', 'alice'),
    profile: urlClaim('Profile page.', 'https://example.com/alice'),
    picture: urlClaim('Picture of the person.', 'https://example.com/alice.png'),
    website: urlClaim('Web page or blog.', 'https://alice.example.com'),
    email: text.regex(/^[^\s@]+@[^\s@]+$/, 'expected an e-mail address').exactOptional().meta({ description: 'E-mail address.', examples: ['alice@example.com'] }),
    email_verified: z.boolean().exactOptional().meta({ description: 'Whether the address was verified.', examples: [true] }),
    gender: textClaim('Gender.', 'female'),
    birthdate: text.regex(/^(?:[0-9]{4}(?:-[0-9]{2}-[0-9]{2})?)$/, 'expected YYYY-MM-DD or YYYY').exactOptional().meta({ description: 'Birthday, year 0000 when it is not told.', examples: ['1990-12-31'] }),
    zoneinfo: textClaim('Time zone.', 'Europe/Berlin'),
    locale: textClaim('Language and region.', 'en-GB'),
    phone_number: textClaim('Phone number, best in E.164.', '+49 30 1234567'),
    phone_number_verified: z.boolean().exactOptional().meta({ description: 'Whether the number was verified.', examples: [true] }),
    address: address.exactOptional().meta({ description: 'Postal address.', examples: [{ country: 'Germany' }] }),
    updated_at: z.number().min(0).exactOptional().meta({ description: 'Seconds since 1970 of the last change.', examples: [1764000000] }),
  })
  .catchall(z.json())
  .superRefine((claims, context) => {
    for (const name of Object.keys(claims)) if (REGISTERED.has(name)) context.addIssue({ code: 'custom', path: [name], message: 'is set by the server and cannot be a claim of an account' });
  });
