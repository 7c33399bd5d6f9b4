// What the demo's admin does through the admin API: claims of accounts, policies, decisions.
const BEGIN = '\n// Added by ops/demo, which takes it back: from here\n';
const END = '// to here.\n';

export class Administration {
  #auth;
  #gateway;

  constructor(authApi, gatewayApi) {
    this.#auth = authApi;
    this.#gateway = gatewayApi;
  }

  async account(username) {
    const { accounts } = await this.#auth.get(`v1/admin/accounts?username=${encodeURIComponent(username)}`);
    return accounts[0];
  }

  setAttributes(account, attributes) {
    return this.#auth.call('PATCH', `v1/admin/accounts/${account.id}`, {
      json: { attributes },
      headers: { 'if-match': '*' },
    });
  }

  activePolicies() {
    return this.#auth.get('v1/admin/policies');
  }

  /** Problems of a text, without activating it: each with line, column and reason. */
  async problemsOf(policies) {
    try {
      return (await this.#auth.post('v1/admin/policies/validate', { policies })).problems;
    } catch (refused) {
      if (refused.status !== 422) throw refused;
      return refused.body.problems;
    }
  }

  async activate(policies, note, active) {
    const answer = await this.#auth.post('v1/admin/policies', { policies, note }, ifMatch(active));
    return answer.version;
  }

  async rollBackTo(version, active) {
    const answer = await this.#auth.post(`v1/admin/policies/${version}/rollback`, {}, ifMatch(active));
    return answer.version;
  }

  /** The decision of a gateway, by the id that a refusal carried; undefined while it is not on record. */
  async decision(id) {
    try {
      return await this.#gateway.get(`v1/decisions/${encodeURIComponent(id)}`);
    } catch (refused) {
      if (refused.status !== 404) throw refused;
      return undefined;
    }
  }
}

function ifMatch(version) {
  return { headers: { 'if-match': `"${version}"` } };
}

export function withRule(policies, rule) {
  return `${withoutRule(policies)}${BEGIN}${rule}\n${END}`;
}

/** The text without what an interrupted demo may have left, and with all else that is in it. */
export function withoutRule(policies) {
  const from = policies.indexOf(BEGIN);
  const to = policies.indexOf(END, from);
  return from < 0 || to < 0 ? policies : policies.slice(0, from) + policies.slice(to + END.length);
}
