import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { RequestListener } from 'node:http';

/** A certificate that nobody trusts but the tests: localhost, jwks.internal.example, 127.0.0.1 and ::1, until 2126. */
export const LOCALHOST_CERT = `
-----BEGIN CERTIFICATE-----
MIIBxTCCAWygAwIBAgIUG/4tDYW6242M2349/va410CT8NUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE1MzgwNVoYDzIxMjYxMDMx
MTUzODA1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQXOsb3RuKwB7EjEv6DZmIR+7/A/I+CbYXY5la7WBqqx6G7RmDvNQFv
3Q4SwAxUs8gB/pdHWX822b6oO7aUT1Kxo4GZMIGWMB0GA1UdDgQWBBSdG/gWZZfI
DBaUiqe3/K6Z50ypQTAfBgNVHSMEGDAWgBSdG/gWZZfIDBaUiqe3/K6Z50ypQTBD
BgNVHREEPDA6gglsb2NhbGhvc3SCFWp3a3MuaW50ZXJuYWwuZXhhbXBsZYcEfwAA
AYcQAAAAAAAAAAAAAAAAAAAAATAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMC
A0cAMEQCIAOe85VfldOBnctYXQceuTVJICEVUkCnwJMbaJAkTNVUAiBqR/kjXIQo
JzLJr8LXWW4hMijp1RUpw2DXfmpmJQ810Q==
-----END CERTIFICATE-----
`;

export const LOCALHOST_KEY = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgf5+fL92DfAwc2fBa
4WFj2A4xZPRcEfP5FxYmnQ14xYOhRANCAAQXOsb3RuKwB7EjEv6DZmIR+7/A/I+C
bYXY5la7WBqqx6G7RmDvNQFv3Q4SwAxUs8gB/pdHWX822b6oO7aUT1Kx
-----END PRIVATE KEY-----
`;

interface TestContext {
  teardown(handler: () => Promise<void> | void): void;
}

/** An https server on 127.0.0.1 whose certificate this process trusts from now on. */
export async function startHttps(t: TestContext, listener: RequestListener): Promise<{ readonly port: number; readonly server: Server }> {
  setDefaultCACertificates([...getCACertificates('default'), LOCALHOST_CERT]);
  const server = createServer({ cert: LOCALHOST_CERT, key: LOCALHOST_KEY }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}
