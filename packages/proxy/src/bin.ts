#!/usr/bin/env node
import { isFailoverError } from '@failover/core';
import { CommanderError } from 'commander';
import { exitCode } from './cli/exit-code.ts';
import { adapterHelp, createProgram } from './cli/program.ts';

const words = process.argv.slice(2);

try {
  const program = createProgram((code) => {
    // The log is flushed; a socket that somebody forgot must not keep the process.
    process.exit(code);
  });
  for (const command of [program, ...program.commands]) command.exitOverride();
  const extra = await adapterHelp(words);
  if (extra !== '')
    program.commands.find((command) => command.name() === words[0])?.addHelpText('after', extra);
  await program.parseAsync(words, { from: 'user' });
} catch (error) {
  process.exit(report(error));
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (!isFailoverError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  return error.code === 'config-invalid' || error.code === 'adapter-invalid'
    ? exitCode.usage
    : exitCode.failed;
}
