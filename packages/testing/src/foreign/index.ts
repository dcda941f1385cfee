export { type Foreign, type ForeignProgram } from './program.ts';
export { goProgram, type GoSource } from './go-program.ts';
export { javaProgram, type JavaSource } from './java-program.ts';
export { downloadWheel, findPip } from './pip.ts';
export { pythonProgram, type PythonSource } from './python-program.ts';
