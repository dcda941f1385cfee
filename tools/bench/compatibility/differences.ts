/** Tests that pass directly and are known not to pass through the local process, and why. docs/redis.md says the same. */
export const differences: readonly { readonly test: RegExp; readonly because: string }[] = [
  {
    test: /::test_client_(pause|unpause)/,
    because: 'it would stop the connections to the server, which are shared',
  },
  {
    test: /::test_client_tracking$/,
    because: 'REDIRECT names a connection of the server, which nobody here has',
  },
  { test: /::test_replicaof/, because: 'it would harm every other client' },
  {
    test: /test_connection_pool\.py::TestConnection::test_(busy_loading|read_only|oom|connect_)/,
    because: 'it makes the server answer with errors by DEBUG, which is refused',
  },
];
