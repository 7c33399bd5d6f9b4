// How the demo speaks: numbered steps, what happens in them, what the server could see.
const COLOURS = process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
const paint = (code) => (text) => (COLOURS ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = paint(1);
const dim = paint(2);
const red = paint(31);
const green = paint(32);
const cyan = paint(36);

const WIDTH = 100;
let steps = 0;

export function title(text) {
  console.log(`\n${bold(text)}`);
}

export function step(text) {
  console.log(`\n${bold(cyan(`${++steps}`.padStart(2)))}  ${bold(text)}`);
}

/** What happens. */
export function tell(text) {
  print('    ', text, (line) => line);
}

/** What went as it should. */
export function done(text) {
  print(`    ${green('✓')} `, text, (line) => line, '      ');
}

/** What the servers learn by it, and what not. */
export function seen(text) {
  print('    ', `The server sees: ${text}`, dim);
}

/** Something to look at as it is: hex, policy text. */
export function show(text) {
  for (const line of text.split('\n')) console.log(`      ${line}`);
}

export function failed(text) {
  console.error(`\n${red(bold('The demo stopped:'))} ${text}`);
}

export function finished(text) {
  console.log(`\n${green(bold(text))}`);
}

function print(prefix, text, style, further = prefix) {
  let line = '';
  let indent = prefix;
  for (const word of text.split(/\s+/)) {
    if (line && further.length + line.length + word.length >= WIDTH) {
      console.log(indent + style(line));
      indent = further;
      line = '';
    }
    line += line ? ` ${word}` : word;
  }
  console.log(indent + style(line));
}
