// npm oidc-provider as a peer: in memory, ES256, with one client and COUNT refresh tokens that were never asked for by a
// browser. Prints these, one a line, once it listens.
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';

const require = createRequire(new URL('../../../acceptance/node/package.json', import.meta.url));
const { default: Provider } = await import(new URL(`file://${require.resolve('oidc-provider')}`));

const { PORT, CLIENT_ID, CLIENT_SECRET, COUNT } = process.env;
const signing = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' };

/** All in memory, and all kept: the adapter that comes with it forgets what is beyond a thousand entries. */
class Kept {
  static #entries = new Map();
  #name;

  constructor(name) {
    this.#name = name;
  }

  async upsert(id, payload) {
    Kept.#entries.set(`${this.#name}:${id}`, payload);
  }

  async find(id) {
    return Kept.#entries.get(`${this.#name}:${id}`);
  }

  async findByUid() {
    return undefined;
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    (await this.find(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    Kept.#entries.delete(`${this.#name}:${id}`);
  }

  async revokeByGrantId() {}
}

const provider = new Provider(`http://localhost:${PORT}`, {
  adapter: Kept,
  jwks: { keys: [signing] },
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: ['http://localhost/callback'],
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
      introspection_signed_response_alg: 'ES256',
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://api.example',
      useGrantedResource: () => true,
      // Access tokens that are JWTs, as ours are.
      getResourceServerInfo: (context, resource) =>
        resource === 'https://opaque.example'
          ? { scope: 'api', accessTokenFormat: 'opaque' }
          : { scope: 'api', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
    },
  },
  rotateRefreshToken: true,
  enabledJWA: { idTokenSigningAlgValues: ['ES256'], introspectionSigningAlgValues: ['ES256'] },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  ttl: { RefreshToken: 86_400, Grant: 86_400 },
});

provider.listen(Number(PORT), '127.0.0.1', async () => {
  for (let i = 0; i < Number(COUNT); i++) console.log(await refreshToken());
  console.log('ready');
});

async function refreshToken() {
  const client = await provider.Client.find(CLIENT_ID);
  const grant = new provider.Grant({ accountId: 'alice', clientId: CLIENT_ID });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope('https://api.example', 'api');
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    accountId: 'alice',
    client,
    grantId,
    gty: 'authorization_code',
    scope: 'openid offline_access api',
    resource: 'https://api.example',
    rotations: 0,
  });
  return token.save();
}
