/** The rules of the house that can be checked by reading: layers, sizes, first sentences, where types are asked for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../src');
const files = (readdirSync(root, { recursive: true }) as string[])
  .filter((name) => /\.(tsx?|css)$/.test(name))
  .map((name) => name.replaceAll('\\', '/'));
const code = files.filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'));
/** From the outside in; a folder imports itself and what stands behind it. i18n's texts are known to all. */
const LAYERS = [
  ['main.tsx'],
  ['app'],
  ['dashboard', 'views', 'record'],
  ['charts', 'notice'],
  ['fields'],
  ['modules'],
  ['actions', 'formula'],
  ['api'],
  ['i18n'],
];
const folder = (name: string) => name.split('/')[0] ?? '';
const depth = (name: string) => LAYERS.findIndex((layer) => layer.includes(folder(name)));

test('every folder has its layer', () => expect(code.filter((name) => depth(name) < 0)).toEqual([]));

test('imports point inward, features do not know each other', () => {
  const wrong = code.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].flatMap(
      ([, path = '']) => {
        const target = relative(root, join(root, name, '..', path)).replaceAll('\\', '/');
        const [here, there] = [depth(name), depth(target)];
        return folder(target) === folder(name) || there > here || (folder(name) === 'api' && folder(target) === 'i18n')
          ? []
          : [`${name} imports ${target}`];
      },
    ),
  );
  expect(wrong).toEqual([]);
});

test('files are small and say what they are for', () => {
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  expect(code.filter((name) => read(name).split('\n').length > 301)).toEqual([]);
  expect(code.filter((name) => !read(name).startsWith('/**'))).toEqual([]);
});

test('only fields/ asks for the type of a field', () =>
  expect(
    code.filter(
      (name) =>
        folder(name) !== 'fields' &&
        folder(name) !== 'modules' &&
        /field\.type\s*(===|!==)/.test(readFileSync(join(root, name), 'utf8')),
    ),
  ).toEqual([]));

test('pages are named through the barrel of fields only', () =>
  expect(
    code.filter(
      (name) => folder(name) !== 'fields' && /from '(\.\.\/)+fields\/\w/.test(readFileSync(join(root, name), 'utf8')),
    ),
  ).toEqual([]));

test('no text of the page stands in the code', () => {
  const chinese = code.filter(
    (name) =>
      !name.startsWith('i18n/') &&
      !name.startsWith('fields/') &&
      name !== 'modules/system.ts' &&
      name !== 'app/shellActions.ts' &&
      name !== 'app/TopBar.tsx',
  );
  const told = chinese.flatMap((name) =>
    readFileSync(join(root, name), 'utf8')
      .split('\n')
      .filter((line) => /[\u4e00-\u9fff]/.test(line.replace(/\/\*.*?\*\/|^\s*(\/?\*|\/\/).*|\{\/\*.*\*\/\}/g, '')))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(told).toEqual([]);
});
