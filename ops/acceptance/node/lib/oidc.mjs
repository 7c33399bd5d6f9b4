// Signing in as a native app does (RFC 8252): the system browser, a loopback redirect, PKCE and DPoP,
// all by a standard OIDC library.
import { createServer } from 'node:http';
import * as oidc from 'openid-client';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SIGN_IN_MILLIS_MAX = 300_000;

/** Renewed this long before it expires, so that a token does not die on its way. */
const RENEW_BEFORE_SECONDS = 30;

/** The issuer's metadata, with the ID token's signature checked against its published keys. */
export function discover(issuer, clientId) {
  // Plain HTTP is for trying things on one's own machine.
  const insecure = new URL(issuer).protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
  return oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), {
    execute: [oidc.enableNonRepudiationChecks, ...insecure],
  });
}

/**
 * Signs a person in. `openBrowser` is given the authorization URL; it returns when it likes, the answer arrives at a
 * listener on a free loopback port.
 */
export async function signIn({ issuer, clientId, scope, dpop, openBrowser, extra = {} }) {
  const config = await discover(issuer, clientId);
  const handle = oidc.getDPoPHandle(config, dpop.cryptoKeyPair);
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const listener = await LoopbackListener.open();
  try {
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: listener.redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      dpop_jkt: dpop.thumbprint,
      ...extra,
    });
    const [callback] = await Promise.all([listener.callback, openBrowser(url.href)]);
    const answer = await oidc.authorizationCodeGrant(
      config,
      callback,
      { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
      undefined,
      { DPoP: handle },
    );
    return new Tokens(config, handle, answer);
  } finally {
    listener.close();
  }
}

/** What a sign-in yielded, renewed as needed. */
export class Tokens {
  #config;
  #handle;
  #accessToken;
  #refreshToken;
  #expiresAtMillis;
  #renewal;

  constructor(config, handle, answer) {
    this.#config = config;
    this.#handle = handle;
    /** The checked claims of the ID token. */
    this.idClaims = answer.claims();
    this.#take(answer);
  }

  #take(answer) {
    this.#accessToken = answer.access_token;
    this.#refreshToken = answer.refresh_token ?? this.#refreshToken;
    this.#expiresAtMillis = Date.now() + (answer.expires_in ?? 0) * 1000;
  }

  /** A live access token for the auth-server's own API. */
  async access() {
    const renewAt = this.#expiresAtMillis - RENEW_BEFORE_SECONDS * 1000;
    if (Date.now() >= renewAt && this.#refreshToken) await this.refresh();
    return this.#accessToken;
  }

  /** Rotates the refresh token. Calls that overlap share one rotation: a spent token used twice revokes all. */
  refresh() {
    this.#renewal ??= oidc
      .refreshTokenGrant(this.#config, this.#refreshToken, undefined, { DPoP: this.#handle })
      .then((answer) => this.#take(answer))
      .finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  /** A gateway token (RFC 8693) for this device, by the key that the access token is bound to. */
  async exchange({ audience, deviceId, scope, subjectToken }) {
    const answer = await oidc.genericGrantRequest(
      this.#config,
      TOKEN_EXCHANGE,
      {
        subject_token: subjectToken ?? (await this.access()),
        subject_token_type: ACCESS_TOKEN,
        audience,
        ...(scope ? { scope } : {}),
        ...(deviceId ? { device_id: deviceId } : {}),
      },
      { DPoP: this.#handle },
    );
    return answer.access_token;
  }
}

/** One redirect, received on a free port of 127.0.0.1. */
class LoopbackListener {
  static open() {
    return new Promise((resolve, reject) => {
      const listener = new LoopbackListener();
      listener.callback = new Promise((received, gaveUp) => {
        const timer = setTimeout(() => gaveUp(new Error('nobody signed in in time')), SIGN_IN_MILLIS_MAX);
        timer.unref();
        listener.server = createServer((request, response) => {
          const url = new URL(request.url, listener.redirectUri);
          if (url.pathname !== '/callback') {
            response.writeHead(404).end();
            return;
          }
          response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
          response.end('<!doctype html><title>Signed in</title><p id="done">You can close this window.</p>');
          clearTimeout(timer);
          received(url);
        });
      });
      // Someone may stop listening before anyone signed in.
      listener.callback.catch(() => {});
      listener.server.once('error', reject);
      listener.server.listen(0, '127.0.0.1', () => {
        listener.redirectUri = `http://127.0.0.1:${listener.server.address().port}/callback`;
        resolve(listener);
      });
    });
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
