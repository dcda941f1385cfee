export * from './config/index.ts';
export { loadAdapter } from './load-adapter.ts';
export { startProxy, type Proxy, type StartOptions } from './process/start-proxy.ts';
export { showAddress, type ListenAddress } from './listen-address.ts';
