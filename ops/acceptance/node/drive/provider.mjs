// Another third-party identity provider, running beside: npm oidc-provider with a sign-in page of its own that says which
// factors were shown, and that tells of sign-outs. It prints `{event: 'ready'}` once it listens.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { emit, serve } from './lines.mjs';

const { IDP_PORT, IDP_CLIENT_ID, IDP_CLIENT_SECRET, IDP_REDIRECT_URI, IDP_LOGOUT_URI } = process.env;
const issuer = `http://localhost:${IDP_PORT}`;
const groups = new Map();

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: IDP_CLIENT_ID,
      client_secret: IDP_CLIENT_SECRET,
      redirect_uris: [IDP_REDIRECT_URI],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      backchannel_logout_uri: IDP_LOGOUT_URI,
      backchannel_logout_session_required: true,
    },
  ],
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  claims: {
    openid: ['sub', 'amr', 'sid'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username', 'groups'],
  },
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: id,
      preferred_username: id,
      email: `${id}@op.example`,
      email_verified: true,
      groups: groups.get(id) ?? [],
    }),
  }),
  interactions: { url: (context, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
  // its own way out calls no loopback address, and that is where Sallyport is
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});
provider.on('backchannel.error', (context, error) => console.error(error.message));

async function interaction(request, response) {
  await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(
      '<!doctype html><title>Sign in</title><form method="post"><input name="login"><input name="amr"><button>Go</button></form>',
    );
    return;
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const form = new URLSearchParams(body);
  const login = { accountId: form.get('login'), amr: form.get('amr').split(' ') };
  await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
}

const callback = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    callback(request, response);
    return;
  }
  interaction(request, response).catch((error) => {
    response.statusCode = 400;
    response.end(String(error.message));
  });
});
server.listen(Number(IDP_PORT), '127.0.0.1', () => emit({ event: 'ready', issuer }));
serve({ groups: async ({ login, names }) => void groups.set(login, names) }, async () => server.close());
