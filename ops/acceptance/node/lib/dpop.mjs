// The key to which a client's tokens are bound, and the proofs of possession made with it (RFC 9449).
import { createHash, randomUUID } from 'node:crypto';
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

export class DpopKey {
  #privateKey;
  #publicJwk;

  constructor({ publicKey, privateKey }, publicJwk, thumbprint) {
    this.#privateKey = privateKey;
    this.#publicJwk = publicJwk;
    /** What OIDC libraries take. The private key cannot be extracted from it. */
    this.cryptoKeyPair = { publicKey, privateKey };
    /** RFC 7638 thumbprint: the `cnf.jkt` of every token bound to this key. */
    this.thumbprint = thumbprint;
  }

  static async generate() {
    const pair = await generateKeyPair('ES256');
    const jwk = await exportJWK(pair.publicKey);
    return new DpopKey(pair, jwk, await calculateJwkThumbprint(jwk));
  }

  /**
   * A proof for one request. `url` may carry a query, which a proof's `htu` never does; `accessToken` is named
   * wherever one is sent along; `nonce` is the newest one the server gave.
   */
  proof({ method, url, accessToken, nonce }) {
    const target = new URL(url);
    const claims = { jti: randomUUID(), htm: method, htu: target.origin + target.pathname };
    if (accessToken) claims.ath = createHash('sha256').update(accessToken).digest('base64url');
    if (nonce) claims.nonce = nonce;
    return new SignJWT(claims)
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: this.#publicJwk })
      .setIssuedAt()
      .sign(this.#privateKey);
  }
}
