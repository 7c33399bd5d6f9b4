// A device: the signature key of its MLS leaf, and the credential by which the issuer vouches for it.
import { createHash, randomUUID, webcrypto } from 'node:crypto';
import { SignJWT, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

/** The Ed25519 key that signs this device's MLS messages. */
export class DeviceKey {
  #privateKey;

  constructor(privateKey, pkcs8, publicKey) {
    this.#privateKey = privateKey;
    /** As MLS libraries take it. */
    this.signKey = pkcs8;
    this.publicKey = publicKey;
  }

  static async generate() {
    const pair = await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
    return new DeviceKey(
      pair.privateKey,
      new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey)),
      new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey)),
    );
  }

  /** Shows the issuer that who holds the access token also holds this key. */
  proof({ issuer, accessToken }) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(this.publicKey).toString('base64url') };
    return new SignJWT({ jti: randomUUID(), ath: createHash('sha256').update(accessToken).digest('base64url') })
      .setProtectedHeader({ typ: 'device-proof+jwt', alg: 'EdDSA', jwk })
      .setAudience(issuer)
      .setIssuedAt()
      .sign(this.#privateKey);
  }
}

/** Registers the device; the credential becomes the identity of its MLS `basic` credential. */
export async function registerDevice(authApi, tokens, { issuer, name, deviceKey }) {
  const proof = await deviceKey.proof({ issuer, accessToken: await tokens.access() });
  const answer = await authApi.post('v1/devices', { name, proof });
  return { deviceId: answer.device_id, credential: answer.credential, expiresAt: answer.expires_at };
}

/** Checks other members' credentials against the issuer, so that the relay need not be trusted for who is who. */
export class CredentialVerifier {
  #issuer;
  #keys;

  constructor(issuer, keys = createRemoteJWKSet(new URL('v1/keys/device', issuer + '/'))) {
    this.#issuer = issuer;
    this.#keys = keys;
  }

  /** Who stands behind this leaf; throws when the issuer does not vouch for the key. */
  async verify(credential, signatureKey) {
    const { payload } = await jwtVerify(credential, this.#keys, {
      issuer: this.#issuer,
      typ: 'device-credential+jwt',
      requiredClaims: ['sub', 'device_id', 'exp', 'cnf'],
    });
    const key = Buffer.from(payload.cnf?.jwk?.x ?? '', 'base64url');
    if (payload.cnf?.jwk?.crv !== 'Ed25519' || !key.equals(Buffer.from(signatureKey))) {
      throw new Error(`the credential ${decodeProtectedHeader(credential).kid ?? ''} is for another key`);
    }
    return { userId: payload.sub, deviceId: payload.device_id };
  }
}
