// Import cycles of one source folder, types included: `node tools/cycles.mjs packages/core/src`.
import { relative } from 'node:path';
import madge from 'madge';

const [src] = process.argv.slice(2);
const graph = await madge(src, {
  fileExtensions: ['ts'],
  detectiveOptions: { ts: { skipTypeImports: false } },
});

const files = Object.keys(graph.obj());
const edges = Object.values(graph.obj()).flat().length;
const cycles = graph.circular();
const { skipped } = graph.warnings();
// A relative import that could not be followed would hide a cycle.
const lost = skipped.filter((name) => name.startsWith('.'));

for (const cycle of cycles) console.error(`cycle: ${[...cycle, cycle[0]].join(' → ')}`);
for (const name of lost) console.error(`not followed: ${name}`);
console.log(`${relative('.', src)}: ${files.length} files, ${edges} imports, ${cycles.length} cycles`);
// No edge in a package of many files means that the check sees nothing, not that all is well.
const blind = files.length > 10 && edges === 0;
process.exitCode = cycles.length > 0 || lost.length > 0 || blind ? 1 : 0;
