// A third-party identity provider, running beside: npm oidc-provider with its own sign-in pages, where whatever name is
// typed is who you are. It prints `{event: 'ready'}` once it listens.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { emit, serve } from './lines.mjs';

const { IDP_PORT, IDP_CLIENT_ID, IDP_CLIENT_SECRET, IDP_REDIRECT_URI } = process.env;
const issuer = `http://localhost:${IDP_PORT}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: IDP_CLIENT_ID,
      client_secret: IDP_CLIENT_SECRET,
      redirect_uris: [IDP_REDIRECT_URI],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: id, preferred_username: id, email: `${id}@idp.example`, email_verified: true }),
  }),
  pkce: { required: () => false },
});

const server = createServer(provider.callback());
server.listen(Number(IDP_PORT), '127.0.0.1', () => emit({ event: 'ready', issuer }));
serve({}, async () => server.close());
