// How a test drives a Node process: one JSON object a line, `{id, method, params}` in, `{id, result}` or
// `{id, error}` out, and `{event, …}` unasked. Bytes travel as base64 text.
import { createInterface } from 'node:readline';

// Libraries that talk do so on stderr: stdout is the protocol's.
console.log = console.info = console.warn = console.error;

export function emit(event) {
  process.stdout.write(JSON.stringify(event) + '\n');
}

/** Serves until stdin ends. Calls run at once, so that one may wait for what another does. */
export function serve(methods, atEnd = async () => {}) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const { id, method, params } = JSON.parse(line);
    try {
      if (!Object.hasOwn(methods, method)) throw new Error(`no method \`${method}\``);
      emit({ id, result: (await methods[method](params ?? {})) ?? null });
    } catch (error) {
      const { status, code, decisionId, reason, challenge, retryable } = error;
      emit({ id, error: { name: error.name, message: error.message, status, code, decisionId, reason, challenge, retryable } });
      process.stderr.write(`${method}: ${error.stack}\n`);
    }
  });
  lines.on('close', async () => {
    await atEnd();
    process.exit(0);
  });
}
