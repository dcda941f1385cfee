import { realTests } from '../../vitest.shared.ts';

export default realTests('rabbitmq');
