// Signs one person in once for each of COUNT chat clients, each with a key of its own, and prints for each a line of
// JSON: its tokens, and the key, which here is no secret: it lives as long as the benchmark. With the sign-in pages
// filled in as a browser would.
import { createServer } from 'node:http';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { FormBrowser, signInByForms } from '../../../acceptance/node/lib/forms.mjs';

const { ISSUER, CLIENT_ID, SCOPE, USERNAME, PASSWORD, COUNT } = process.env;
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' };

const metadata = await (await fetch(`${ISSUER}/.well-known/openid-configuration`)).json();
const person = { username: USERNAME, password: PASSWORD };
const browser = new FormBrowser();
for (let i = 0; i < Number(COUNT); i++) console.log(JSON.stringify(await family()));
process.exit(0);

async function family() {
  const pair = await webcrypto.subtle.generateKey(ES256, true, ['sign', 'verify']);
  const verifier = random();
  const { code, redirectUri } = await authorize(createHash('sha256').update(verifier).digest('base64url'));
  const form = {
    grant_type: 'authorization_code',
    client_id: CLIENT_ID,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  };
  let answer = await token(form, pair);
  if (answer.headers.has('dpop-nonce') && answer.status === 400) {
    answer = await token(form, pair, answer.headers.get('dpop-nonce'));
  }
  if (answer.status !== 200) throw new Error(`the token endpoint said ${answer.status}: ${await answer.text()}`);
  const { access_token, refresh_token } = await answer.json();
  return { access_token, refresh_token, jwk: await webcrypto.subtle.exportKey('jwk', pair.privateKey) };
}

async function authorize(challenge) {
  const listener = createServer();
  await new Promise((listening) => listener.listen(0, '127.0.0.1', listening));
  const redirectUri = `http://127.0.0.1:${listener.address().port}/callback`;
  const arrived = new Promise((resolve) => {
    listener.on('request', (request, response) => {
      response.end('<!doctype html><title>done</title>');
      resolve(new URL(request.url, redirectUri).searchParams);
    });
  });
  const state = random();
  const url = new URL(metadata.authorization_endpoint);
  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: redirectUri,
    scope: SCOPE,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })) {
    url.searchParams.set(name, value);
  }
  await signInByForms(browser, url.href, person);
  const parameters = await arrived;
  listener.close();
  listener.closeAllConnections();
  if (parameters.get('state') !== state || !parameters.get('code')) throw new Error(`no code: ${parameters}`);
  return { code: parameters.get('code'), redirectUri };
}

async function token(form, pair, nonce) {
  return fetch(metadata.token_endpoint, {
    method: 'POST',
    headers: { dpop: await proof(pair, nonce) },
    body: new URLSearchParams(form),
  });
}

async function proof({ publicKey, privateKey }, nonce) {
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', publicKey);
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const claims = {
    jti: random(),
    htm: 'POST',
    htu: metadata.token_endpoint,
    iat: Math.floor(Date.now() / 1000),
    ...(nonce ? { nonce } : {}),
  };
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

function encode(part) {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function random() {
  return randomBytes(32).toString('base64url');
}
