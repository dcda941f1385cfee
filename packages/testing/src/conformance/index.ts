export type { Check } from './check.ts';
export { conformanceChecks, describeConformance } from './describe-conformance.ts';
export { createScene, type Scene, type Watched } from './scene.ts';
export type { ConformanceSubject, OperationsContext } from './subject.ts';
export type { RunningTestbed, Testbed, TestbedOptions } from './testbed.ts';
