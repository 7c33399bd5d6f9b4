// Looks for bytes in the files of a server: its database, its logs.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below these folders, read once. */
export function filesBelow(...folders) {
  return folders
    .filter(existsSync)
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
    )
    .map((path) => ({ path, bytes: readFileSync(path) }));
}

/** The files that hold these bytes. */
export function holding(files, needle) {
  return files.filter(({ bytes }) => bytes.includes(needle)).map(({ path }) => path);
}

/** The files that hold this text in any form in which it might have been stored or logged. */
export function holdingText(files, text) {
  const utf8 = Buffer.from(text, 'utf8');
  const forms = [
    utf8,
    Buffer.from(text, 'utf16le'),
    Buffer.from(text, 'utf16le').swap16(),
    Buffer.from(utf8.toString('hex')),
    Buffer.from(utf8.toString('hex').toUpperCase()),
    ...base64Forms(utf8),
  ];
  return [...new Set(forms.flatMap((form) => holding(files, form)))];
}

/** Base64 of a text depends on where in a longer one it begins: the part that does not, for each of three places. */
function base64Forms(bytes) {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const whole = padded.subarray(0, padded.length - (padded.length % 3));
    const begin = offset === 0 ? 0 : 4;
    return [whole.toString('base64').slice(begin), whole.toString('base64url').slice(begin)].map((form) => Buffer.from(form));
  });
}
