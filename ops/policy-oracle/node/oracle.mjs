// Answers lines of JSON {"op", …} by the reference implementation of Cedar, one line for each.
import { createInterface } from 'node:readline';
import cedar from '@cedar-policy/cedar-wasm/nodejs';

const failure = (answer) => answer.errors?.[0]?.message ?? answer.error ?? 'refused';
const json = (answer) => (answer.type === 'success' ? { json: answer.json } : { failure: failure(answer) });
const text = (answer) => (answer.type === 'success' ? { text: answer.text } : { failure: failure(answer) });
const parsed = (answer) => (answer.type === 'success' ? {} : { failure: failure(answer) });
const each = (members, ask) => Object.fromEntries(Object.entries(members ?? {}).map(([id, member]) => [id, ask(member)]));

const ops = {
  version: () => ({ version: cedar.getCedarVersion() }),

  /** A schema in either syntax, in both. */
  schema: ({ schema }) => {
    const asJson = cedar.schemaToJson(schema);
    return { ...json(asJson), asText: text(cedar.schemaToText(schema)) };
  },

  policy: ({ policy }) => json(cedar.policyToJson(policy)),
  template: ({ template }) => json(cedar.templateToJson(template)),

  /** The JSON forms of policies and templates, and the texts of those forms. */
  forms: ({ policies, templates }) => ({
    policies: each(policies, (policy) => json(cedar.policyToJson(policy))),
    templates: each(templates, (template) => json(cedar.templateToJson(template))),
    policyTexts: each(policies, (policy) => text(cedar.policyToText(policy))),
    templateTexts: each(templates, (template) => text(cedar.templateToText(template))),
  }),

  policySet: ({ policies }) => parsed(cedar.checkParsePolicySet(policies)),

  validate: ({ schema, policies }) => {
    const answer = cedar.validate({ schema, policies });
    if (answer.type !== 'success') return { failure: failure(answer) };
    const ids = (findings) => [...new Set(findings.map((finding) => finding.policyId))].sort();
    return {
      errors: ids(answer.validationErrors),
      warnings: ids(answer.validationWarnings),
      messages: answer.validationErrors.map((finding) => `${finding.policyId}: ${finding.error.message}`),
    };
  },

  entities: ({ entities, schema }) => parsed(cedar.checkParseEntities({ entities, schema: schema ?? null })),

  context: ({ context, schema, action }) =>
    parsed(cedar.checkParseContext({ context, schema: schema ?? null, action: action ?? null })),

  authorize: (call) => {
    const answer = cedar.isAuthorized(call);
    if (answer.type !== 'success') return { failure: failure(answer) };
    const { decision, diagnostics } = answer.response;
    return { decision, reasons: diagnostics.reason.sort(), errors: diagnostics.errors.map((error) => error.policyId).sort() };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...call } = JSON.parse(line);
  let answer;
  try {
    answer = ops[op](call);
  } catch (thrown) {
    answer = { thrown: String(thrown) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
