// Two relying parties by libraries as they are published: openid-client, and oauth4webapi beneath it. The test is their
// browser: it is given where to go, and brings back where that led.
import * as oidc from 'openid-client';
import * as oauth from 'oauth4webapi';
import { serve } from './lines.mjs';

const REDIRECT = 'https://rp.example/callback';
const AFTER = 'https://rp.example/bye';
// plain HTTP: the server under test is on this machine
const insecure = { execute: [oidc.allowInsecureRequests] };
const http = { [oauth.allowInsecureRequests]: true };
const parties = new Map();
const rp = (name) => parties.get(name) ?? fail(`no relying party \`${name}\``);
const fail = (message) => {
  throw new Error(message);
};

// ---- openid-client

/** Registers itself with a key; PAR, PKCE and DPoP from then on. */
async function register({ name, issuer, more = {} }) {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const jwk = await crypto.subtle.exportKey('jwk', keys.publicKey);
  const metadata = {
    redirect_uris: [REDIRECT],
    post_logout_redirect_uris: [AFTER],
    client_name: 'By openid-client',
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...jwk, kid: 'one', use: 'sig', alg: 'ES256' }] },
    ...more,
  };
  const config = await oidc.dynamicClientRegistration(
    new URL(issuer),
    metadata,
    oidc.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' }),
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  );
  const dpop = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
  parties.set(name, { config, dpop });
  return { clientId: config.clientMetadata().client_id };
}

async function begin({ name, scope }) {
  const party = rp(name);
  Object.assign(party, { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce() });
  const parameters = {
    redirect_uri: REDIRECT,
    scope,
    state: party.state,
    nonce: party.nonce,
    prompt: 'consent',
    code_challenge: await oidc.calculatePKCECodeChallenge(party.verifier),
    code_challenge_method: 'S256',
  };
  const url = await oidc.buildAuthorizationUrlWithPAR(party.config, parameters, { DPoP: party.dpop });
  return { url: url.href };
}

async function finish({ name, callback }) {
  const party = rp(name);
  const checks = { pkceCodeVerifier: party.verifier, expectedState: party.state, expectedNonce: party.nonce, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(party.config, new URL(callback), checks, undefined, { DPoP: party.dpop });
  party.tokens = tokens;
  const claims = tokens.claims();
  const userInfo = await oidc.fetchUserInfo(party.config, tokens.access_token, claims.sub, { DPoP: party.dpop });
  return { claims, userInfo, tokenType: tokens.token_type };
}

async function live({ name }) {
  const party = rp(name);
  const refreshed = await oidc.refreshTokenGrant(party.config, party.tokens.refresh_token, undefined, { DPoP: party.dpop });
  const before = await oidc.tokenIntrospection(party.config, refreshed.access_token);
  await oidc.tokenRevocation(party.config, party.tokens.refresh_token);
  const after = await oidc.tokenIntrospection(party.config, refreshed.access_token);
  return { active: before.active, jkt: before.cnf?.jkt, stillActive: after.active, sub: refreshed.claims()?.sub };
}

function logoutUrl({ name }) {
  const party = rp(name);
  const parameters = { post_logout_redirect_uri: AFTER, id_token_hint: party.tokens.id_token, state: 'bye' };
  return { url: oidc.buildEndSessionUrl(party.config, parameters).href };
}

/** RFC 8628. */
async function deviceBegin({ name, scope }) {
  const party = rp(name);
  party.device = await oidc.initiateDeviceAuthorization(party.config, { scope });
  return { uri: party.device.verification_uri_complete, code: party.device.user_code };
}

async function devicePoll({ name }) {
  const party = rp(name);
  const tokens = await oidc.pollDeviceAuthorizationGrant(party.config, party.device);
  return { claims: tokens.claims() };
}

// ---- oauth4webapi: a public client, whose proofs need nonces of the server

async function webBegin({ issuer: text, scope }) {
  const issuer = new URL(text);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));
  const metadata = {
    redirect_uris: [REDIRECT],
    client_name: 'By oauth4webapi',
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  };
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(as, metadata, http),
  );
  const dpop = oauth.DPoP(client, await oauth.generateKeyPair('ES256', { extractable: false }));
  const party = { as, client, options: { ...http, DPoP: dpop }, nonces: 0 };
  Object.assign(party, { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() });
  parties.set('oauth4webapi', party);
  const parameters = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope,
    state: party.state,
    nonce: party.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(party.verifier),
    code_challenge_method: 'S256',
  });
  const pushed = await twice(party, async () =>
    oauth.processPushedAuthorizationResponse(
      as,
      client,
      await oauth.pushedAuthorizationRequest(as, client, oauth.None(), parameters, party.options),
    ),
  );
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri });
  return { url: url.href };
}

/** Again where the server wanted a nonce, which the library has then learnt. */
async function twice(party, attempt) {
  try {
    return await attempt();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    party.nonces++;
    return attempt();
  }
}

async function webFinish({ callback }) {
  const party = rp('oauth4webapi');
  const { as, client, options } = party;
  const parameters = oauth.validateAuthResponse(as, client, new URL(callback), party.state);
  const tokens = await twice(party, async () =>
    oauth.processAuthorizationCodeResponse(
      as,
      client,
      await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, REDIRECT, party.verifier, options),
      { expectedNonce: party.nonce, requireIdToken: true },
    ),
  );
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const userInfo = await twice(party, async () =>
    oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, tokens.access_token, options)),
  );
  const refreshed = await twice(party, async () =>
    oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token, options),
    ),
  );
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, oauth.None(), refreshed.refresh_token, http),
  );
  const after = await oauth.userInfoRequest(as, client, refreshed.access_token, options);
  return {
    sub,
    userInfo,
    tokenType: tokens.token_type,
    rotated: refreshed.refresh_token !== tokens.refresh_token,
    nonces: party.nonces,
    afterRevocation: after.status,
  };
}

serve({ register, begin, finish, live, logoutUrl, deviceBegin, devicePoll, webBegin, webFinish });
