import t from 'tap';
import { given } from '#support/given.ts';
import { publishNotice } from './decider.ts';
import { notices } from './projection.ts';

const notice = { title: 'Photos asks for access', language: 'en', scopes: [{ scope: 'read:photos', text: 'See your photos' }] };
const published = ['NoticePublished', { hash: 'sha-256', notice }] as const;

t.test('the text that a person sees is recorded in full, under its hash, before any consent names it', (t) => {
  given(notices).when(publishNotice, { hash: 'sha-256', notice }).expect(t, null, published);
  t.end();
});

t.test('a text is content-addressed: publishing it again is nothing new', (t) => {
  given(notices, published).when(publishNotice, { hash: 'sha-256', notice }).expect(t, null);
  t.end();
});

t.test('the document of a notice is its text; there is none before it was published', (t) => {
  t.strictSame(given(notices).state, { notice: null });
  const { state } = given(notices, published);
  t.strictSame(state, { notice });
  t.strictSame(notices.indexed(state), { sub: null, clientId: null, status: null, expiresAt: null });
  t.end();
});
