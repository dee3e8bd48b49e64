import t from 'tap';
import { createPasswords, PasswordQueueFull } from './password.ts';

t.test('regression N7: a decoy that could not be made while the queue was full is made by the next who asks', async (t) => {
  const passwords = createPasswords();
  const refused: unknown[] = [];
  const busy: Promise<unknown>[] = [];
  while (refused.length === 0) {
    busy.push(passwords.hash('x').catch((error: unknown) => refused.push(error)));
    // A full queue refuses at once.
    await Promise.resolve().then(() => undefined);
  }
  await t.rejects(passwords.verify(null, 'x'), PasswordQueueFull);
  await Promise.all(busy);
  t.equal(await passwords.verify(null, 'x'), false);
});

t.test('a password is the one of its hash in any Unicode form; nobody has a password', async (t) => {
  const passwords = createPasswords();
  const hash = await passwords.hash('zo\u00eb');
  t.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  t.equal(await passwords.verify(hash, 'zoe\u0308'), true);
  t.equal(await passwords.verify(hash, 'zoe'), false);
  t.equal(await passwords.verify(null, 'nobody has this password'), false);
});
