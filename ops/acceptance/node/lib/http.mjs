// HTTP with DPoP-bound tokens: the resource APIs of both services.

/** An answer outside 2xx. `code` is the stable code of a problem+json body, or the OAuth error. */
export class HttpProblem extends Error {
  constructor(method, url, response, body) {
    const problem = typeof body === 'object' && body !== null ? body : {};
    const challenge = response.headers.get('www-authenticate') ?? '';
    const code = problem.code ?? problem.error ?? /error="([^"]*)"/.exec(challenge)?.[1] ?? '';
    const detail = problem.detail ?? problem.error_description ?? problem.title ?? '';
    super(`${method} ${new URL(url).pathname}: ${response.status} ${code} ${detail}`.trim());
    this.status = response.status;
    this.code = code;
    this.challenge = challenge;
    this.body = body;
  }
}

/**
 * Calls one service. `accessToken` is a function, so that the newest token is used; a server that asks for a nonce
 * (RFC 9449 §8) gets the same request again, once, with the nonce it gave.
 */
export class Api {
  #accessToken;
  #dpop;
  #nonce;

  constructor(baseUrl, { dpop, accessToken }) {
    this.baseUrl = baseUrl;
    this.#dpop = dpop;
    this.#accessToken = accessToken;
  }

  get(path, options) {
    return this.call('GET', path, options);
  }

  post(path, json, options) {
    return this.call('POST', path, { json, ...options });
  }

  put(path, json, options) {
    return this.call('PUT', path, { json, ...options });
  }

  delete(path, options) {
    return this.call('DELETE', path, options);
  }

  /** The decoded body: an object for JSON, bytes for anything else, undefined for none. */
  async call(method, path, { json, body, headers = {} } = {}) {
    const url = new URL(path, this.baseUrl + '/').href;
    const content = json === undefined ? body : JSON.stringify(json);
    const type = json === undefined ? {} : { 'content-type': 'application/json' };
    let response;
    for (let attempt = 0; attempt < 2; attempt++) {
      const accessToken = await this.#accessToken();
      const nonceUsed = this.#nonce;
      response = await fetch(url, {
        method,
        body: content,
        headers: {
          accept: 'application/json, application/problem+json',
          ...type,
          ...headers,
          authorization: `DPoP ${accessToken}`,
          dpop: await this.#dpop.proof({ method, url, accessToken, nonce: nonceUsed }),
        },
      });
      this.#nonce = response.headers.get('dpop-nonce') ?? this.#nonce;
      const wantsNonce = (response.headers.get('www-authenticate') ?? '').includes('use_dpop_nonce');
      if (!(response.status === 401 && wantsNonce && this.#nonce !== nonceUsed)) break;
    }
    const answer = await decode(response);
    if (!response.ok) throw new HttpProblem(method, url, response, answer);
    return answer;
  }
}

async function decode(response) {
  const bytes = Buffer.from(await response.arrayBuffer());
  if (bytes.length === 0) return undefined;
  const type = response.headers.get('content-type') ?? '';
  return type.includes('json') ? JSON.parse(bytes.toString('utf8')) : bytes;
}
