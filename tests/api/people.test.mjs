// Who is asking: the person of a partner.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running, userWith } from './server.mjs';

let t;
before(async () => { t = await running(); });
after(() => t?.end());

test('a partner\'s person is told the partner by name', async () => {
  const partner = (await t.api.post('/records/partner', { name: '宁波海天贸易' })).json;
  const person = await userWith(t, 'ningbo@example.com', ['partner'], { partner: partner.id });
  const me = (await person.api.get('/me')).json;
  assert.deepEqual(me.user.partner, { id: partner.id, title: '宁波海天贸易' });
  assert.equal((await t.api.get('/me')).json.user.partner, null);
  const signed = await fetch(`${t.server.base}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ningbo@example.com', password: 'another-horse-8' }) });
  assert.deepEqual((await signed.json()).user.partner, { id: partner.id, title: '宁波海天贸易' });
  const blind = await userWith(t, 'blind@example.com', [], { partner: partner.id });
  assert.deepEqual((await blind.api.get('/me')).json.user.partner, { id: partner.id, title: null });
});
