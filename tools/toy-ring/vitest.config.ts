import { unitTests } from '../../vitest.shared.ts';

export default unitTests('toy-ring');
